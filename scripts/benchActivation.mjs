// `npm run bench:activation`: how long the packaged extension takes to activate in a real VS Code, and how large it is.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages } from './packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
await ensurePackages(root);
const { buildAll } = await import('./build.mjs');
await buildAll();
const { status } = spawnSync(process.execPath, [join(root, 'out/test/e2e/activationBench.cjs')], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
