// `npm run bench:heatmap`: how fast the heatmap page paints a model of 128 layers, and how it answers keys.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll } from '../../scripts/build.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const outfile = join(root, 'out/bench/heatmapPaint.cjs');

await buildAll({ tests: false, minify: true });
await build({
  absWorkingDir: root,
  entryPoints: ['test/webview/bench/heatmapPaint.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  external: ['playwright-core', 'axe-core'],
  logLevel: 'warning',
});
process.exit(spawnSync(process.execPath, [outfile], { stdio: 'inherit' }).status ?? 1);
