import { nativeMissing } from '../support/nativeMissing';

export type EngineName = 'native' | 'wasm';

export interface TestedEngine {
  readonly name: EngineName;
  /** Why it cannot be tested on this machine; node:test prints it. */
  readonly skip: string | false;
  /** Largest |difference| of the logits beside the largest |logit|. */
  readonly logitTolerance: number;
}

/** Both engines; the native one is skipped where it is not installed. */
export const ENGINES: readonly TestedEngine[] = [
  { name: 'native', skip: nativeMissing() ?? false, logitTolerance: 1e-4 },
  { name: 'wasm', skip: false, logitTolerance: 1e-3 },
];
