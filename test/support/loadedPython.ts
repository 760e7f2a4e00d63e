import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from './projectRoot';
import { TORCH_PYTHON } from './torchPython';

/**
 * A program that does what {@link TORCH_PYTHON} does, in a fork of one that has loaded PyTorch and transformers, where
 * scripts/test.mjs provides it: that saves the seconds that they take of each process. It is for what is computed; how processes
 * start and end is tested with the Python itself.
 */
export const LOADED_PYTHON = process.env.ADEPT_LOADED_PYTHON ?? TORCH_PYTHON;

/** For torchrun: ranks that have loaded PyTorch, and can be killed like those that load it. A stopped one would go on in its fork. */
export const RANKS_ENV = { PYTHON_EXEC: LOADED_PYTHON };

/** Runs Python with the packages' test models at hand. */
export function runPython(script: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(LOADED_PYTHON, ['-c', script, ...args], {
    ...{ cwd: join(projectRoot, 'python'), encoding: 'utf8' },
    env: { ...process.env, HF_HUB_OFFLINE: '1', OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' },
  });
  assert.equal(status, 0, stderr);
  return stdout;
}
