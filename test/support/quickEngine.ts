import { inspectNativeInstall } from '../../src/trainer/engine/provision';

/** Why the native engine is not tested here; undefined where it is. */
export function nativeMissing(): string | undefined {
  if (process.env.ADEPT_TEST_ENGINES === 'wasm') {
    return 'ADEPT_TEST_ENGINES=wasm';
  }
  const { install, problem } = inspectNativeInstall();
  return install === undefined
    ? (problem ?? 'the native engine is not installed ("adept setup" installs it)')
    : undefined;
}

/** What tests compute with that are about something else than an engine: a fifth of the processor time of wasm, where it can be had. */
export const QUICK_ENGINE = nativeMissing() === undefined ? 'native' : 'wasm';
