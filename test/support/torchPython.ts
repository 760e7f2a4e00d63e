import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from './projectRoot';

/** The Python of the parity tests, which has PyTorch; empty where there is none. */
export const TORCH_PYTHON = process.env.ADEPT_PARITY_PYTHON ?? '';

/** Why nothing can be tested with PyTorch here; node:test prints it. */
export const TORCH_MISSING: string | false =
  TORCH_PYTHON === '' && 'ADEPT_PARITY_PYTHON names no Python with PyTorch (scripts/python.mjs)';

/** One thread each, on the CPU: what is compared is numbers. */
export const TORCH_ENV = { ADEPT_DEVICE: 'cpu', OMP_NUM_THREADS: '1' };

/** Runs Python with the packages' test models at hand. */
export function runPython(script: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(TORCH_PYTHON, ['-c', script, ...args], {
    ...{ cwd: join(projectRoot, 'python'), encoding: 'utf8' },
    env: { ...process.env, HF_HUB_OFFLINE: '1', OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' },
  });
  assert.equal(status, 0, stderr);
  return stdout;
}
