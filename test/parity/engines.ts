import { nativeMissing } from '../support/nativeMissing';

export type EngineName = 'native' | 'wasm' | 'torch';

export interface TestedEngine {
  readonly name: EngineName;
  /** Why it cannot be tested on this machine; node:test prints it. */
  readonly skip: string | false;
  /** Largest |difference| of the logits beside the largest |logit|. */
  readonly logitTolerance: number;
}

const BOTH: readonly TestedEngine[] = [
  { name: 'native', skip: nativeMissing() ?? false, logitTolerance: 1e-4 },
  { name: 'wasm', skip: false, logitTolerance: 1e-3 },
];

/**
 * Both engines of this process; the native one is skipped where it is not installed. `npm run parity:torch` sets
 * ADEPT_PARITY_ENGINE=torch and has that one instead: each command starts a Python of its own, which takes seconds.
 */
export const ENGINES: readonly TestedEngine[] =
  process.env.ADEPT_PARITY_ENGINE === 'torch' ? [{ name: 'torch', skip: false, logitTolerance: 1e-4 }] : BOTH;
