import { lastPart } from '../../shared/model/hubName';

/** What ends a path in a text. */
const SEGMENT = String.raw`[^\\/\s"'\`<>|()[\]{},;:]+`;
/**
 * An absolute path of any system, one below the home folder, or a file's address. It begins where a word does, so that `and/or`,
 * `org/name` and a web address are none.
 */
const ABSOLUTE = new RegExp(
  String.raw`(?<![\w.\-/\\:~])(?:file://)?(?:~|[A-Za-z]:|\\)?(?:[\\/]${SEGMENT})+[\\/]?`,
  'g',
);

/**
 * What a report may say of a text that comes from this machine: of every path its last part, and nothing of where that lies.
 * @param folders known paths, which are found whatever is in their names
 */
export function nameOnly(text: string, folders: readonly string[]): string {
  const known = folders
    .filter((folder) => folder.length > 1)
    .toSorted((one, other) => other.length - one.length)
    .reduce((rest, folder) => {
      const below = new RegExp(`${escaped(folder)}(?![\\w.-])(?:[\\\\/]${SEGMENT})*`, 'g');
      return rest.replace(below, lastPart);
    }, text);
  return known.replace(ABSOLUTE, (path) => lastPart(path.replace(/^file:/, '')));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/**
 * The same of every text in some data: what a report is made of goes through here, all of it, before anything is written.
 * @param data as JSON can say it
 */
export function namesOnly<T>(data: T, folders: readonly string[]): T {
  return mapped(data, (text) => nameOnly(text, folders)) as T;
}

function mapped(data: unknown, map: (text: string) => string): unknown {
  if (typeof data === 'string') {
    return map(data);
  }
  if (Array.isArray(data)) {
    return data.map((item) => mapped(item, map));
  }
  return typeof data === 'object' && data !== null
    ? Object.fromEntries(Object.entries(data).map(([key, value]) => [map(key), mapped(value, map)]))
    : data;
}
