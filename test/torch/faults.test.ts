import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { disturbAll, type EnvironmentOf } from '../bench/torch/disturbAll';
import type { Moment } from '../bench/torch/figures';
import { momentProblems } from '../bench/torch/page';
import { plannedRuns } from '../bench/torch/plannedMoments';
import { HANG_MILLISECONDS } from '../support/hang';
import { LOADED_PYTHON, RANKS_ENV } from '../support/loadedPython';
import { temporaryFolder } from '../support/temporaryFolder';
import { TORCH_ENV, TORCH_MISSING, TORCH_PYTHON } from '../support/torchPython';

const notHere = process.platform !== 'linux' && 'processes are looked at in /proc';

/** What `adept setup --torch` would leave. @returns the folder */
function homeWith(python: string, home: string): string {
  mkdirSync(join(home, 'torch'), { recursive: true });
  writeFileSync(join(home, 'torch', 'torch.json'), JSON.stringify({ format: 'adept.torch/1', python }));
  return home;
}

// `npm run torch:faults` does the same at thirty moments. With this seed there are always two ranks, and rank 0 is the one that is stopped.
it(
  'a job on several ranks of which one is killed, one is stopped, and whose trainer is killed, ends, says why, and goes on',
  { skip: TORCH_MISSING === false ? notHere : TORCH_MISSING, timeout: 2 * HANG_MILLISECONDS },
  async (t) => {
    const folder = temporaryFolder(t);
    Object.assign(process.env, TORCH_ENV, { ADEPT_HOME: homeWith(TORCH_PYTHON, join(folder, 'home')) });
    const forks = { ...RANKS_ENV, ADEPT_HOME: homeWith(LOADED_PYTHON, join(folder, 'forks')) };
    const envOf: EnvironmentOf = (moment) => {
      if (moment === undefined) {
        return forks;
      }
      // A stopped rank is a Python that has loaded PyTorch itself, as all are where people run it.
      return moment.what === 'stop a rank' ? {} : RANKS_ENV;
    };
    const [run = []] = plannedRuns(3, 25);
    assert.equal(new Set(run.map(({ what }) => what)).size, 3, 'one of each kind');
    const report = ({ what, phase, seconds, said }: Moment): void => {
      t.diagnostic(`${what}, ${phase}: ${seconds.toFixed(1)} s: ${said}`);
    };
    const moments = await disturbAll(folder, [run], report, envOf);
    assert.deepEqual(moments.flatMap(momentProblems), [], JSON.stringify(moments));
    assert.equal(moments.length, 3);
  },
);
