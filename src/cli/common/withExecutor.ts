import type { Executor } from '../../trainer/executor/executor';
import type { ExecutorChoice } from '../../trainer/executor/executorChoice';
import { closing } from '../../trainer/executor/withModel';
import { openExecutor } from '../../trainer/openExecutor';
import type { Output } from './output';

/** Opens what computes, says which device computes, and closes it afterwards. */
export async function withExecutor<T>(
  choice: ExecutorChoice,
  output: Output,
  work: (executor: Executor) => Promise<T>,
): Promise<T> {
  const executor = await openExecutor(choice, (why) => {
    output.log(why);
  });
  const { engine: kind, device, library, threads, ranks = 1 } = executor.description;
  const processes = ranks === 1 ? '' : `${ranks} processes, each `;
  output.log(
    `engine: ${kind} on ${device} (${library}, ${processes}${threads} thread${threads === 1 ? '' : 's'})`,
  );
  return closing(executor, work);
}
