/**
 * What takes longer hangs. Beside other tests, on a busy machine, everything takes several times as long as alone; who works
 * on a test sets ADEPT_HANG_SECONDS.
 */
export const HANG_MILLISECONDS = Number(process.env.ADEPT_HANG_SECONDS ?? 360) * 1000;
