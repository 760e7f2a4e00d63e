/** Points by ascending position: steps, or seconds. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}
