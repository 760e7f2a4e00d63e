import { inspectNativeInstall } from '../../src/trainer/engine/provision';

export type EngineName = 'native' | 'wasm';

export interface TestedEngine {
  readonly name: EngineName;
  /** Why it cannot be tested on this machine; node:test prints it. */
  readonly skip: string | false;
  /** Largest |difference| of the logits beside the largest |logit|. */
  readonly logitTolerance: number;
}

function nativeMissing(): string | false {
  if (process.env.ADEPT_TEST_ENGINES === 'wasm') {
    return 'ADEPT_TEST_ENGINES=wasm';
  }
  const { install, problem } = inspectNativeInstall();
  return (
    install === undefined && (problem ?? 'the native engine is not installed ("adept setup" installs it)')
  );
}

/** Both engines; the native one is skipped where it is not installed. */
export const ENGINES: readonly TestedEngine[] = [
  { name: 'native', skip: nativeMissing(), logitTolerance: 1e-4 },
  { name: 'wasm', skip: false, logitTolerance: 1e-3 },
];
