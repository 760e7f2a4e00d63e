import type { TestContext } from 'node:test';
import { SILENT_TASK } from '../../src/trainer/task';
import type { Model } from '../../src/trainer/executor/executor';
import type { OpenRequest } from '../../src/trainer/executor/requests';
import { TfjsExecutor } from '../../src/trainer/tfjs/tfjsExecutor';
import { packagesFolder, TorchExecutor } from '../../src/trainer/torch/torchExecutor';
import { TorchProcess } from '../../src/trainer/torch/process/torchProcess';
import { LOADED_PYTHON } from './loadedPython';
import { TORCH_ENV, TORCH_PYTHON } from './torchPython';

/** PyTorch takes seconds to load: tests of a file share one executor, and close it. */
export function startRanks(ranks: number): Promise<TorchProcess> {
  return TorchProcess.start({ python: TORCH_PYTHON, packages: packagesFolder(), ranks, env: TORCH_ENV });
}

/** The same for what they compute: they have loaded it already, and torchrun starts ranks that have. */
export function forkRanks(ranks: number): Promise<TorchProcess> {
  const env = { ...TORCH_ENV, PYTHON_EXEC: LOADED_PYTHON };
  return TorchProcess.start({ python: LOADED_PYTHON, packages: packagesFolder(), ranks, env });
}

export async function forkTorch(): Promise<TorchExecutor> {
  return new TorchExecutor(await forkRanks(1));
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
