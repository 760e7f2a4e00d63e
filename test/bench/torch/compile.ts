import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJson } from '../../../src/node/files/jsonFile';
import { parseWith } from '../../../src/shared/common/parse';
import { adeptResult } from '../../support/command';
import { projectRoot } from '../../support/projectRoot';
import { TORCH_PYTHON } from '../../support/torchPython';
import { CompileMeasurement, FIGURES, measuredHere, type CompileFigures } from './figures';
import { compileProblems, withCompile } from './page';
import { keepFigures } from './keepFigures';
import { setUpTorch } from './setUpTorch';

// torch.compile beside eager PyTorch on SmolLM2-135M, in turn in one process. See test/bench/torch.mjs.

const MODEL = join(projectRoot, '.cache/models/SmolLM2-135M-Instruct');
const LAYERS = [20, 24];
/** Of the expanded model. */
const COPIES = LAYERS.map((layer, index) => layer + index + 1);

async function main(): Promise<void> {
  if (!existsSync(MODEL)) {
    throw new Error(`${MODEL} is missing: npm run smollm2 provides it.`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'adept-compile-'));
  try {
    const versions = await setUpTorch();
    const [model, out] = [join(folder, 'expanded'), join(folder, 'compiled.json')];
    await adeptResult(
      ['expand', '--model', MODEL, '--out', model, '--engine', 'torch', '--layers', LAYERS.join()],
      { env: {} },
    );
    const { status } = spawnSync(
      TORCH_PYTHON,
      ['-m', 'bench.compiled', '--model', model, '--layers', COPIES.join(), '--out', out],
      {
        cwd: join(projectRoot, 'python'),
        stdio: 'inherit',
        // Of the other figures of docs/torch.md one thread, so that processes do not disturb each other; here there is one.
        env: { ...process.env, OMP_NUM_THREADS: '2', TORCHINDUCTOR_CACHE_DIR: join(folder, 'inductor') },
      },
    );
    if (status !== 0) {
      throw new Error(`The measurement ended with status ${status}.`);
    }
    const figures: CompileFigures = {
      ...measuredHere('npm run torch:compile', versions),
      ...parseWith(CompileMeasurement, readJson(out), out),
    };
    keepFigures({ file: FIGURES.compile, figures, page: withCompile, problems: compileProblems });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
