// `npm run bench:families`: of every family of the engines native and wasm a training step and a forward pass on the native engine, with
// the fused kernels and without, in turns. Writes docs/models.json and the table of docs/models.md. Takes 15 minutes.
//
//   npm run bench:families -- phi3 glm4    these alone; of the others what was measured on this processor before stays
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensurePackages } from '../../scripts/packages.mjs';
import { withTable } from './families/page.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const TURNS = 3;
const ROUNDS = 6;
const SHAPE = {
  ...{ vocab: 8192, hidden: 576, mlp: 1536, layers: 6, heads: 9, keyValueHeads: 3, headDim: 64, tied: true },
};

await ensurePackages(root);
const { build: bundle } = await import('esbuild');
const { buildAll } = await import('../../scripts/build.mjs');
await buildAll({ extension: false, tests: false });

const out = join(root, 'out/bench');
mkdirSync(out, { recursive: true });
const options = { bundle: true, platform: 'node', format: 'cjs', absWorkingDir: root, logLevel: 'error' };
const steps = join(out, 'familySteps.cjs');
const shaped = join(out, 'shapedModel.cjs');
await bundle({ ...options, entryPoints: [join(root, 'test/bench/families/steps.ts')], outfile: steps });
await bundle({
  ...options,
  stdin: {
    contents: `export { writeShapedModel } from './test/support/shapedModel'; export { FAMILIES } from './src/shared/model/families';`,
    resolveDir: root,
  },
  outfile: shaped,
});
const { writeShapedModel, FAMILIES } = (await import(pathToFileURL(shaped).href)).default;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Milliseconds of one process. */
function measured(folder, fused) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [steps, folder, String(ROUNDS)], {
    encoding: 'utf8',
    env: { ...process.env, ADEPT_FUSED_KERNELS: fused ? '1' : '0' },
  });
  const last = stdout.trim().split('\n').at(-1) ?? '';
  if (status !== 0 || !last.startsWith('{')) {
    throw new Error(`${folder}: ${stderr}`);
  }
  const found = JSON.parse(last);
  if (found.fused !== fused) {
    throw new Error(`the fused kernels are ${found.fused ? '' : 'not '}loaded: run adept setup first`);
  }
  return found.times;
}

const scratch = mkdtempSync(join(tmpdir(), 'adept-bench-families-'));
const processor = cpus()[0]?.model ?? 'unknown';
const file = join(root, 'docs/models.json');
const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
const known = before?.processor === processor ? before.families : {};
const asked = process.argv.slice(2);
const families = {};
try {
  for (const family of Object.keys(FAMILIES)) {
    if (asked.length > 0 && !asked.includes(family)) {
      if (known[family] !== undefined) {
        families[family] = known[family];
      }
      continue;
    }
    const folder = writeShapedModel(join(scratch, family), { ...SHAPE, family });
    const turns = Array.from({ length: TURNS }, () => ({
      fused: measured(folder, true),
      composed: measured(folder, false),
    }));
    rmSync(folder, { recursive: true });
    const of = (side, what) => turns.map((turn) => median(turn[side].map((time) => time[what])));
    const ratio = (what) => {
      const ratios = of('fused', what).map((fused, turn) => of('composed', what)[turn] / fused);
      return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
    };
    families[family] = {
      step: {
        fused: median(of('fused', 'step')),
        composed: median(of('composed', 'step')),
        ratio: ratio('step'),
      },
      forward: {
        ...{ fused: median(of('fused', 'forward')), composed: median(of('composed', 'forward')) },
        ratio: ratio('forward'),
      },
    };
    console.log(family, JSON.stringify(families[family]));
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
const figures = { processor, shape: SHAPE, families };
writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
const page = join(root, 'docs/models.md');
writeFileSync(page, withTable(readFileSync(page, 'utf8'), figures));
