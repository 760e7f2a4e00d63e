/** The number that a text is in decimal notation; `Infinity`, hexadecimal and empty text are none. */
export function numberOfText(text: string): number | undefined {
  const value = Number(text);
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) && Number.isFinite(value) ? value : undefined;
}
