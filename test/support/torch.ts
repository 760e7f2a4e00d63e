import type { TestContext } from 'node:test';
import { SILENT_TASK } from '../../src/trainer/task';
import type { Model } from '../../src/trainer/executor/executor';
import type { OpenRequest } from '../../src/trainer/executor/requests';
import { TfjsExecutor } from '../../src/trainer/tfjs/tfjsExecutor';
import { packagesFolder, TorchExecutor } from '../../src/trainer/torch/torchExecutor';
import { TorchProcess } from '../../src/trainer/torch/process/torchProcess';
import { TORCH_ENV, TORCH_PYTHON } from './torchPython';

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
