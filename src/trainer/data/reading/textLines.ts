const NEWLINE = 0x0a;

/**
 * The lines of whole lines in UTF-8, without their line ends; fast.
 * @returns undefined if it is no UTF-8
 */
export function decodedLines(bytes: Uint8Array): string[] | undefined {
  let text: string;
  try {
    // `ignoreBOM` keeps what looks like a byte order mark: that of the file is dropped already.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
  const lines = text.split('\n');
  if (text === '' || text.endsWith('\n')) {
    lines.pop();
  }
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}

/** Where the lines of some bytes begin and end, their line feeds left out. */
export function* lineRanges(
  bytes: Uint8Array,
  firstRow: number,
): Generator<{ readonly start: number; readonly end: number; readonly number: number }> {
  let start = 0;
  for (let number = firstRow; start < bytes.length; number += 1) {
    const found = bytes.indexOf(NEWLINE, start);
    const end = found < 0 ? bytes.length : found;
    yield { start, end, number };
    start = end + 1;
  }
}
