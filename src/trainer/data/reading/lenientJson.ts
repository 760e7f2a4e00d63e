/** A text in quotes, or one of the numbers that Python's json writes and JSON does not have. */
const TEXT_OR_LITERAL = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/gs;
/** Stands for NaN: no value, as pandas has it. The infinities become numbers too large for a double. */
const REPLACEMENTS = new Map([
  ['NaN', 'null'],
  ['Infinity', '1e999'],
  ['-Infinity', '-1e999'],
]);

/**
 * JSON, and with it the `NaN` (read as null), `Infinity` and `-Infinity` that Python's json module writes.
 * @throws SyntaxError of the strict parser.
 */
export function parseLenientJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!text.includes('NaN') && !text.includes('Infinity')) {
      throw error;
    }
    const strict = text.replace(TEXT_OR_LITERAL, (found) => REPLACEMENTS.get(found) ?? found);
    if (strict === text) {
      throw error;
    }
    return JSON.parse(strict);
  }
}
