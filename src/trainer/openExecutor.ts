import { autoEngine, type Engine } from '../node/engines/autoEngine';
import { inspectNativeInstall } from '../node/engines/nativeInstall';
import { inspectTorchInstall } from '../node/engines/torchInstall';
import { messageOf } from '../shared/common/errors';
import type { Executor } from './executor/executor';
import type { ExecutorChoice } from './executor/executorChoice';

/**
 * Opens what computes: `auto` is torch where it has a GPU, else the native engine where it is installed, otherwise wasm. One is
 * open at a time in a process. Its code is large, and loaded only when it is used: many commands need none.
 * @param onPassedOver is told why `auto` is not what was installed
 * @throws AdeptError (failure) when `native` or `torch` is asked for and not installed, or cannot be loaded.
 */
export async function openExecutor(
  choice: ExecutorChoice,
  onPassedOver?: (why: string) => void,
): Promise<Executor> {
  const engine = choice.engine === 'auto' ? await chosenEngine(onPassedOver) : choice.engine;
  if (engine === 'torch') {
    const { TorchExecutor } = await import('./torch/torchExecutor');
    return TorchExecutor.start(choice);
  }
  const { TfjsExecutor } = await import('./tfjs/tfjsExecutor');
  return TfjsExecutor.start(engine);
}

async function chosenEngine(onPassedOver: (why: string) => void = () => undefined): Promise<Engine> {
  const torch = inspectTorchInstall();
  const problems = [torch.problem, inspectNativeInstall().problem].filter((why) => why !== undefined);
  if (torch.install !== undefined && torch.install.facts === undefined) {
    const { completeInstall } = await import('./torch/interpreter/remembered');
    await completeInstall().catch((error: unknown) => {
      problems.push(messageOf(error));
    });
  }
  problems.forEach(onPassedOver);
  return autoEngine();
}
