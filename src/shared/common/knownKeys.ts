/** How many letters of a name may be wrong: one in so many. */
const LETTERS_PER_MISTAKE = 3;

/** The keys of all objects in a schema of valibot, dotted from the outside in: `tune.steps`. */
function keysOf(schema: unknown): string[] {
  if (!isRecord(schema)) {
    return [];
  }
  const { entries, wrapped, options } = schema;
  return [
    ...(isRecord(entries)
      ? Object.entries(entries).flatMap(([key, child]) => [
          key,
          ...keysOf(child).map((inner) => `${key}.${inner}`),
        ])
      : []),
    ...keysOf(wrapped),
    ...(Array.isArray(options) ? options.flatMap(keysOf) : []),
  ];
}

/**
 * The key that somebody means who writes one that a schema does not have: one of the same object whose name is almost the
 * same, or one of another object with this name, dotted from the outside in. Undefined where there is none.
 * @param path of the unknown key, from the outside in
 */
export function meantKey(schema: unknown, path: readonly string[]): string | undefined {
  const name = path.at(-1) ?? '';
  const parent = path.slice(0, -1).join('.');
  const keys = [...new Set(keysOf(schema))].map((key) => {
    const at = key.lastIndexOf('.');
    return { key, parent: key.slice(0, Math.max(0, at)), name: key.slice(at + 1) };
  });
  const most = Math.max(1, Math.floor(name.length / LETTERS_PER_MISTAKE));
  const [nearest] = keys
    .filter((known) => known.parent === parent)
    .map((known) => ({ ...known, distance: distance(plain(name), plain(known.name)) }))
    .filter((known) => known.distance <= most)
    .sort((one, other) => one.distance - other.distance);
  return nearest?.name ?? keys.find((known) => plain(known.name) === plain(name))?.key;
}

/** `learning_rate` and `learningRate` are one. */
function plain(name: string): string {
  return name.replace(/[-_]/g, '').toLowerCase();
}

/** The least number of letters that have to be put in, taken out or replaced (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of Array.from(one).entries()) {
    const next = [index + 1];
    for (const [at, against] of Array.from(other).entries()) {
      const replaced = (row[at] ?? 0) + (letter === against ? 0 : 1);
      next.push(Math.min(replaced, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
