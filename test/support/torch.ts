import type { TestContext } from 'node:test';
import { SILENT_TASK } from '../../src/trainer/task';
import type { Model } from '../../src/trainer/executor/executor';
import type { OpenRequest } from '../../src/trainer/executor/requests';
import { TfjsExecutor } from '../../src/trainer/tfjs/tfjsExecutor';
import { packagesFolder, TorchExecutor } from '../../src/trainer/torch/torchExecutor';
import { TorchProcess } from '../../src/trainer/torch/process/torchProcess';

/** The Python of the parity tests, which has PyTorch; empty where there is none. */
export const TORCH_PYTHON = process.env.ADEPT_PARITY_PYTHON ?? '';

/** Why nothing can be tested with PyTorch here; node:test prints it. */
export const TORCH_MISSING: string | false =
  TORCH_PYTHON === '' && 'ADEPT_PARITY_PYTHON names no Python with PyTorch (scripts/python.mjs)';

/** One thread each, on the CPU: what is compared is numbers. */
export const TORCH_ENV = { ADEPT_DEVICE: 'cpu', OMP_NUM_THREADS: '1' };

/** PyTorch takes seconds to load: tests of a file share one executor, and close it. */
export function startRanks(ranks: number): Promise<TorchProcess> {
  return TorchProcess.start({ python: TORCH_PYTHON, packages: packagesFolder(), ranks, env: TORCH_ENV });
}

export async function startTorch(ranks = 1): Promise<TorchExecutor> {
  return new TorchExecutor(await startRanks(ranks));
}

/** The same model on wasm, closed after the test with its engine. */
export async function openOnWasm(t: TestContext, request: OpenRequest): Promise<Model> {
  const executor = await TfjsExecutor.start('wasm');
  const model = await executor.open(request, SILENT_TASK);
  t.after(async () => {
    await model.close();
    await executor.close();
  });
  return model;
}
