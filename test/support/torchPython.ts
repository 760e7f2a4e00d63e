/** The Python of the parity tests, which has PyTorch; empty where there is none. */
export const TORCH_PYTHON = process.env.ADEPT_PARITY_PYTHON ?? '';

/** Why nothing can be tested with PyTorch here; node:test prints it. */
export const TORCH_MISSING: string | false =
  TORCH_PYTHON === '' && 'ADEPT_PARITY_PYTHON names no Python with PyTorch (scripts/python.mjs)';

/** One thread each, on the CPU: what is compared is numbers. */
export const TORCH_ENV = { ADEPT_DEVICE: 'cpu', OMP_NUM_THREADS: '1' };
