import * as v from 'valibot';
import { inputError } from './errors';
import { allIssues } from './allIssues';
import { meantKey } from './knownKeys';
import { isUnknownKey } from './unknownKey';

/** What is wrong beyond these is counted. */
const MOST_ISSUES = 3;

/**
 * Parses a value that crossed a border.
 * @throws AdeptError (input) naming `where` and the field.
 */
export function parseWith<const S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  where: string,
): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) {
    return parsed.output;
  }
  throw inputError(`${where}: ${describeIssues(allIssues(schema, value), schema)}.`);
}

/** All that is wrong; of a file of another version only that, since the rest follows from it. */
function describeIssues(issues: readonly v.BaseIssue<unknown>[], schema: v.GenericSchema): string {
  const format = issues.find((issue) => v.getDotPath(issue) === 'format');
  const named = format === undefined ? issues : [format];
  const texts = named.slice(0, MOST_ISSUES).map((issue) => describeIssue(issue, schema));
  const rest = named.length - texts.length;
  return [...texts, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}

/**
 * What is wrong with which field, and what to do.
 * @param schema what the value is to fit, among whose keys there may be the one that was meant
 */
export function describeIssue(issue: v.BaseIssue<unknown>, schema: v.GenericSchema): string {
  const path = v.getDotPath(issue);
  const field = path === null ? 'the content' : `"${path}"`;
  if (path === 'format' && isLaterFormat(issue.expected, issue.input)) {
    return `${field} is ${String(issue.input)}, of a newer version of ADEPT than this one, which reads ${issue.expected ?? ''}: update ADEPT`;
  }
  if (isUnknownKey(issue)) {
    const keys = (issue.path ?? []).flatMap(({ key }) => (typeof key === 'string' ? [key] : []));
    const meant = meantKey(schema, keys);
    const hint = meant === undefined ? '' : ` (did you mean "${meant}"?)`;
    return `${field} is not known here${hint}: correct its name or remove it`;
  }
  if (issue.input === undefined && path !== null) {
    return `${field} is missing: add it`;
  }
  return `${field} is not usable (${reasonOf(issue)}): correct it`;
}

/** In words of the file, where the issue has just those of the validator. */
function reasonOf({ type, expected, received, message }: v.BaseIssue<unknown>): string {
  if (type === 'integer') {
    return `it is ${spoken(received)}, and takes a whole number`;
  }
  const isOwn = !message.startsWith('Invalid ');
  if (isOwn || expected === null || type === 'regex') {
    return message;
  }
  const takes = expected
    .replace(/^\((.*)\)$/s, '$1')
    .split(' | ')
    .map(spoken);
  const last = takes.pop() ?? '';
  const what = type.endsWith('_length') ? 'its length' : 'it';
  return `${what} is ${spoken(received)}, and takes ${takes.length === 0 ? last : `${takes.join(', ')} or ${last}`}`;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text in quotes',
  number: 'a number',
  boolean: 'true or false',
  Array: 'a list',
  Object: 'an object',
  undefined: 'missing',
};
const BOUNDS: readonly (readonly [sign: string, words: string])[] = [
  ['>=', 'at least '],
  ['<=', 'at most '],
  ['>', 'more than '],
  ['<', 'less than '],
];

/** A type, a bound or a value as valibot writes it. */
function spoken(text: string): string {
  const [sign, words] = BOUNDS.find(([start]) => text.startsWith(start)) ?? ['', ''];
  return TYPES[text] ?? words + text.slice(sign.length);
}

/** Whether a file's format is a later version of the expected one, such as adept.run/2 of "adept.run/1". */
function isLaterFormat(expected: string | null, given: unknown): boolean {
  const version = /^"?(.+)\/(\d+)"?$/;
  const [, name, number] = version.exec(expected ?? '') ?? [];
  const [, givenName, givenNumber] = typeof given === 'string' ? (version.exec(given) ?? []) : [];
  return name !== undefined && name === givenName && Number(givenNumber) > Number(number);
}
