/** A string of a JSON text, or a number outside of one. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** In front of a number that stands for its own text; JSON texts have this character escaped. */
const MARK = '\u0001';

/**
 * A value as indented JSON whose numbers are written as in `source` where that has the same number under the same key: for
 * programs that tell 30.0 from 30, as Python does. JSON.parse does not.
 * @param source JSON that can be parsed
 */
export function jsonWithNumbersOf(source: string, value: unknown): string {
  const literals = new Map<string, string>();
  const marked = source.replace(TOKENS, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : JSON.stringify(`${MARK}${token}`),
  );
  collect('', JSON.parse(marked), literals);
  const text = JSON.stringify(marking('', value, literals), null, 2);
  return text.replace(/"\\u0001([^"]*)"/g, '$1');
}

function collect(key: string, value: unknown, literals: Map<string, string>): void {
  if (typeof value === 'string' && value.startsWith(MARK)) {
    const literal = value.slice(MARK.length);
    literals.set(nameOf(key, Number(literal)), literal);
  }
  for (const [below, item] of entriesOf(key, value)) {
    collect(below, item, literals);
  }
}

function marking(key: string, value: unknown, literals: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'number') {
    const literal = literals.get(nameOf(key, value));
    return literal === undefined ? value : `${MARK}${literal}`;
  }
  const entries = entriesOf(key, value).map(
    ([below, item]) => [below, marking(below, item, literals)] as const,
  );
  if (Array.isArray(value)) {
    return entries.map(([, item]) => item);
  }
  return typeof value === 'object' && value !== null ? Object.fromEntries(entries) : value;
}

/** Members with their keys; those of a list have the list's. */
function entriesOf(key: string, value: unknown): [string, unknown][] {
  if (Array.isArray(value)) {
    return value.map((item) => [key, item]);
  }
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function nameOf(key: string, value: number): string {
  return `${key} ${value}`;
}
