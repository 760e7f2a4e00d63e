import { inspectNativeInstall } from '../../src/node/engines/nativeInstall';

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
