import type { EngineChoice } from '../../shared/config/runConfig';
import type { Executor } from '../../trainer/executor/executor';
import { closing } from '../../trainer/executor/withModel';
import { openExecutor } from '../../trainer/openExecutor';
import { inspectNativeInstall } from '../../trainer/tfjs/engine/provision';
import type { Output } from './output';

/** Opens what computes, says which device computes, and closes it afterwards. */
export async function withExecutor<T>(
  choice: EngineChoice,
  output: Output,
  work: (executor: Executor) => Promise<T>,
): Promise<T> {
  const { problem } = inspectNativeInstall();
  if (choice === 'auto' && problem !== undefined) {
    output.log(problem);
  }
  const executor = await openExecutor(choice);
  const { engine: kind, device, library, threads } = executor.description;
  output.log(`engine: ${kind} on ${device} (${library}, ${threads} thread${threads === 1 ? '' : 's'})`);
  return closing(executor, work);
}
