/** Metadata of a README as the Hub reads it: a text, or a list of texts, by key. */
export type FrontMatter = ReadonlyMap<string, string | readonly string[]>;

/** Words that YAML 1.1 reads as something else than a text; `no` is Norwegian. */
const WORDS = /^(?:y|n|yes|no|on|off|true|false|null)$/i;
const PLAIN = /^[A-Za-z][\w.+/-]*$/;

/** YAML between two lines of dashes. Empty lists are left out. */
export function writeFrontMatter(fields: FrontMatter): string {
  const lines = [...fields].flatMap(([key, value]) =>
    typeof value === 'string'
      ? [`${key}: ${scalar(value)}`]
      : value.length === 0
        ? []
        : [`${key}:`, ...value.map((item) => `- ${scalar(item)}`)],
  );
  return ['---', ...lines, '---', ''].join('\n');
}

/**
 * A text as YAML. A JSON string is one of YAML's double-quoted ones, once what YAML does not print is escaped as well.
 * @see https://yaml.org/spec/1.2.2/#51-character-set
 */
function scalar(text: string): string {
  return PLAIN.test(text) && !WORDS.test(text)
    ? text
    : JSON.stringify(text).replace(
        /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
        (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
}

/**
 * Of a README's metadata the keys at the top with a text or a list of texts, which is how model cards name licence and languages.
 * What is written otherwise is passed over: whoever uses a value checks it.
 */
export function readFrontMatter(readme: string): Map<string, string[]> {
  const [, block] = /^\ufeff?---[^\S\n]*\r?\n([\s\S]*?)\r?\n---[^\S\n]*(?:\r?\n|$)/.exec(readme) ?? [];
  const fields = new Map<string, string[]>();
  let key: string | undefined;
  for (const line of block?.split(/\r?\n/) ?? []) {
    const [, name, value = ''] = /^([A-Za-z_][\w-]*):(?:\s+(.*))?$/.exec(line) ?? [];
    const [, item] = /^\s*-\s+(.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      key = name;
      fields.set(key, valuesOf(value));
    } else if (item !== undefined && key !== undefined) {
      fields.get(key)?.push(...textOf(item));
    } else if (/^\S/.test(line) && !line.startsWith('#')) {
      key = undefined;
    }
  }
  return fields;
}

function valuesOf(value: string): string[] {
  const [, list] = /^\[(.*)\]\s*(?:#.*)?$/.exec(value) ?? [];
  return list === undefined ? textOf(value) : list.split(',').flatMap(textOf);
}

/** The text of a scalar; none where it is empty. */
function textOf(value: string): string[] {
  const trimmed = value.trim();
  const [, double, single] = /^(?:"((?:[^"\\])*)"|'([^']*)')\s*(?:#.*)?$/.exec(trimmed) ?? [];
  const text = double ?? single ?? trimmed.replace(/(^|\s)#.*$/, '').trim();
  return text === '' ? [] : [text];
}
