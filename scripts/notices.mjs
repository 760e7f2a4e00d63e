// The licences of what is bundled into the extension, which have to come with it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Packages whose files are copied and not bundled, so that no bundle names them. */
const COPIED = ['@vscode/codicons', '@tensorflow/tfjs-backend-wasm'];

/** @param {string} path of a bundled file @returns {string | undefined} the folder of its package in node_modules */
function packageOf(path) {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
}

/**
 * @param {string} root the clone
 * @param {string[]} inputs files that went into the bundles, relative to the clone
 * @returns {string} name, version, licence and licence text of every package
 */
export function notices(root, inputs) {
  const folders = new Set([
    ...COPIED.map((name) => `node_modules/${name}`),
    ...inputs.map(packageOf).filter((folder) => folder !== undefined),
  ]);
  const sections = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const texts = readdirSync(join(root, folder))
      .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
      .map((file) => readFileSync(join(root, folder, file), 'utf8').trim());
    if (texts.length === 0 && license === undefined) {
      throw new Error(`${folder} names no licence: it cannot be packaged.`);
    }
    return [`${name} ${version} (${license})`, ...texts].join('\n\n');
  });
  const intro = 'This extension contains the following packages, under their own licences.';
  return `${[intro, ...sections].join(`\n\n${'-'.repeat(78)}\n\n`)}\n`;
}
