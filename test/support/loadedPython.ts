import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from './projectRoot';
import { TORCH_PYTHON } from './torchPython';

const CLIENT = join(projectRoot, 'test', 'support', 'loadedPython.py');

/**
 * Arguments with which a Python that has PyTorch does what it does with `args`: in a fork of one that has loaded PyTorch and
 * transformers, where scripts/test.mjs provides it, which saves the seconds that they take of each process.
 */
export function loadedArguments(args: readonly string[]): string[] {
  return process.env.ADEPT_LOADED_PYTHON === undefined ? [...args] : ['-S', CLIENT, ...args];
}

/** Runs Python with the packages' test models at hand. */
export function runPython(script: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(TORCH_PYTHON, loadedArguments(['-c', script, ...args]), {
    ...{ cwd: join(projectRoot, 'python'), encoding: 'utf8' },
    env: { ...process.env, HF_HUB_OFFLINE: '1', OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' },
  });
  assert.equal(status, 0, stderr);
  return stdout;
}
