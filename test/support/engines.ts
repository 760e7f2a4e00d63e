import { describe, it, type TestContext } from 'node:test';
import type { Engine, EngineKind } from '../../src/trainer/tfjs/engine/engine';
import { openEngine } from '../../src/trainer/tfjs/engine/open';
import { nativeMissing } from './nativeMissing';

/** Relative error allowed beside double precision or PyTorch's float32, by engine. */
export const TOLERANCE: Readonly<Record<EngineKind, number>> = { native: 1e-4, wasm: 1e-3 };

/** One suite over every engine. Engines share a process one after the other, so the tests of one come together. */
export function onEveryEngine(title: string, suite: (test: EngineTest) => void): void {
  for (const kind of ['wasm', 'native'] as const) {
    const skip = kind === 'native' ? nativeMissing() : undefined;
    describe(`${title} (${kind})`, { skip: skip ?? false }, () => {
      suite((name, body) => {
        it(name, async (t) => {
          const engine = await openEngine(kind);
          try {
            await body(engine, t);
          } finally {
            engine.close();
          }
        });
      });
    });
  }
}

export type EngineTest = (
  name: string,
  body: (engine: Engine, t: TestContext) => void | Promise<void>,
) => void;
