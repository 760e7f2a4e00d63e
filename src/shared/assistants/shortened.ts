/** The first of a list, and how many that leaves out: what a language model is given is short, and says what it lacks. */
export function shortened<T>(
  list: readonly T[],
  most: number,
): { readonly kept: T[]; readonly omitted: number } {
  return { kept: list.slice(0, most), omitted: Math.max(0, list.length - most) };
}

/** A text of at most so many letters. */
export function shortText(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** With as many digits as tell two losses apart; fewer tokens than JSON has. */
export function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

/** The same of what may not be there. */
export function roundedOrNull(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : rounded(value);
}
