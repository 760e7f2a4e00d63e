import type { EngineChoice } from '../../shared/config/runConfig';
import type { Engine } from '../../trainer/tfjs/engine/engine';
import { openEngine } from '../../trainer/tfjs/engine/open';
import { inspectNativeInstall } from '../../trainer/tfjs/engine/provision';
import type { Output } from './output';

/** Opens the engine, says which device computes, and closes it afterwards. */
export async function withEngine<T>(
  choice: EngineChoice,
  output: Output,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const { problem } = inspectNativeInstall();
  if (choice === 'auto' && problem !== undefined) {
    output.log(problem);
  }
  const engine = await openEngine(choice);
  const { engine: kind, device, library, threads } = engine.describe();
  output.log(`engine: ${kind} on ${device} (${library}, ${threads} thread${threads === 1 ? '' : 's'})`);
  try {
    return await work(engine);
  } finally {
    engine.close();
  }
}
