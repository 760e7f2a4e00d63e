import { mock } from 'node:test';
import type { Engine } from '../../src/trainer/tfjs/engine/engine';

/** Counts the calls of the library that some work makes. */
export function callsOf(engine: Engine): { readonly calls: (work: () => void) => number } {
  const backend: unknown = Reflect.get(engine, 'backend');
  const [one, many] = ['executeSingleOutput', 'executeMultipleOutputs'].map((name) =>
    mock.method(backend as Record<string, () => void>, name),
  );
  return {
    calls: (work) => {
      one?.mock.resetCalls();
      many?.mock.resetCalls();
      engine.tidy(work);
      return (one?.mock.callCount() ?? NaN) + (many?.mock.callCount() ?? NaN);
    },
  };
}
