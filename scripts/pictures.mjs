// `npm run pictures`: the pictures that README and docs show, docs/images/PANEL-THEME.png, as the test of the panels takes them
// in a real VS Code.
import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const taken = join(root, 'out/test/pictures');
const SHOWN = /^panel-([a-z]+-(?:light|dark|high-contrast))\.png$/;

const { status } = spawnSync(process.execPath, [join(root, 'scripts/test.mjs'), '--filter', 'e2e/panels'], {
  stdio: 'inherit',
  env: { ...process.env, ADEPT_TEST_PICTURES: '1' },
});
if (status !== 0) {
  process.exit(status ?? 1);
}
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => join('docs', name))]
  .filter((path) => path.endsWith('.md'))
  .map((path) => readFileSync(join(root, path), 'utf8'))
  .join('');
for (const file of readdirSync(taken)) {
  const name = SHOWN.exec(file)?.[1];
  if (name !== undefined && pages.includes(`${name}.png`)) {
    copyFileSync(join(taken, file), join(root, 'docs/images', `${name}.png`));
    console.log(`docs/images/${name}.png`);
  }
}
