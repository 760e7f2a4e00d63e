import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { makePackage } from '../support/makePackage';
import { projectRoot } from '../support/projectRoot';

/** Where files are as packages have them, which no list of this project names one by one. */
const WHOLE_FOLDERS = /^(out\/native-src|out\/python|media\/sample)\//;

/** Every page that webview/ has, as the build finds them. */
function webviewFiles(): string[] {
  const pages = readdirSync(join(projectRoot, 'webview')).filter((name) =>
    existsSync(join(projectRoot, 'webview', name, 'main.ts')),
  );
  return [
    'out/webview/codicon.css',
    'out/webview/codicon.ttf',
    ...pages.flatMap((name) => [`out/webview/${name}.css`, `out/webview/${name}.js`]),
  ];
}

/** The files that the README links to: it is also the page of the package. */
function linkedByReadme(): string[] {
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
  return [...readme.matchAll(/\]\((?!\w+:|#)([^)#]+)/g)].map(([, path = '']) => path);
}

it('the package holds what runs, what its README links to and nothing else, in at most 5 MB; of the extension at most 320 KB are read when it starts', () => {
  const { file, bytes, files } = makePackage();
  assert.equal(statSync(file).size, bytes);
  assert.ok(bytes <= 5 * 2 ** 20, `${bytes} bytes`);

  const paths = files.map(({ path }) => path);
  const expected = [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'ThirdPartyNotices.txt',
    'media/icon.png',
    'media/icon.svg',
    ...readdirSync(join(projectRoot, 'media/walkthrough')).map((name) => `media/walkthrough/${name}`),
    'out/adept.schema.json',
    'out/cli.cjs',
    ...['extension', 'extension-chunk', 'extension-later'].map((name) => `out/${name}.cjs`),
    'out/jsonrpc.cjs',
    'out/l10n/bundle.l10n.json',
    'out/l10n/bundle.l10n.zh-cn.json',
    'out/study.schema.json',
    'out/tinyglobby.cjs',
    'out/tokenThread.cjs',
    ...['', '-simd', '-threaded-simd'].map((kind) => `out/wasm/tfjs-backend-wasm${kind}.wasm`),
    ...webviewFiles(),
    'package.json',
    'package.nls.json',
    'package.nls.zh-cn.json',
    ...linkedByReadme(),
  ];
  assert.deepEqual(
    paths.filter((path) => !WHOLE_FOLDERS.test(path)),
    [...new Set(expected)].sort(),
  );
  for (const path of [
    'media/sample/model/config.json',
    'media/sample/model/model.safetensors',
    'media/sample/model/tokenizer.json',
    'media/sample/general.txt',
    'media/sample/domain.jsonl',
    'out/python/adept_torch/__main__.py',
    'out/native-src/package/binding/tfjs_backend.cc',
    'out/native-src/node-api-headers/node_api.h',
  ]) {
    assert.ok(paths.includes(path), path);
  }
  const python = paths.filter((path) => path.startsWith('out/python/'));
  assert.deepEqual(
    python.filter((path) => !/^out\/python\/adept_torch\/(\w+\.py|(fused|names|outputs)\.json)$/.test(path)),
    [],
  );
  const sizeOf = (path: string): number => files.find((found) => found.path === path)?.bytes ?? NaN;
  // What is imported later is a file of its own, which only then is read.
  const atStart = sizeOf('out/extension.cjs') + sizeOf('out/extension-chunk.cjs');
  assert.ok(sizeOf('out/extension-later.cjs') > 100_000);
  assert.ok(atStart <= 320 * 1024, `${atStart} bytes`);
});
