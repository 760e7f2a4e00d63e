import type { TestContext } from 'node:test';
import { SILENT_TASK } from '../../src/trainer/task';
import type { Model } from '../../src/trainer/executor/executor';
import type { OpenRequest } from '../../src/trainer/executor/requests';
import { TfjsExecutor } from '../../src/trainer/tfjs/tfjsExecutor';
import { packagesFolder, TorchExecutor } from '../../src/trainer/torch/torchExecutor';
import { TorchProcess } from '../../src/trainer/torch/process/torchProcess';
import { LOADED_PYTHON, RANKS_ENV } from './loadedPython';
import { TORCH_ENV, TORCH_PYTHON } from './torchPython';

/** Ranks below a torchrun that is found among the processes of the test. Tests of a file share them, and close them. */
export function startRanks(ranks: number): Promise<TorchProcess> {
  const env = { ...TORCH_ENV, ...RANKS_ENV };
  return TorchProcess.start({ python: TORCH_PYTHON, packages: packagesFolder(), ranks, env });
}

/** The same for what they compute: torchrun has loaded PyTorch, too. */
export function forkRanks(ranks: number): Promise<TorchProcess> {
  const env = { ...TORCH_ENV, ...RANKS_ENV };
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
