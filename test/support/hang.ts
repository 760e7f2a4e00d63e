/** What takes longer hangs. Beside other tests, on a busy machine, everything takes several times as long as alone. */
export const HANG_MILLISECONDS = 360_000;
