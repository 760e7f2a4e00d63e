import * as v from 'valibot';
import { inputError } from './errors';

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
  const [issue] = parsed.issues;
  throw inputError(`${where}: ${describeIssue(issue)}.`);
}

/** What is wrong with which field, and what to do. */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  const field = path === null ? 'the content' : `"${path}"`;
  if (path === 'format' && isLaterFormat(issue.expected, issue.input)) {
    return `${field} is ${String(issue.input)}, of a newer version of ADEPT than this one, which reads ${issue.expected ?? ''}: update ADEPT`;
  }
  if (isUnknownKey(issue)) {
    return `${field} is not known here: correct its name or remove it`;
  }
  if (issue.input === undefined && path !== null) {
    return `${field} is missing: add it`;
  }
  return `${field} is not usable (${issue.message}): correct it`;
}

/** Whether the key is none that the schema knows. */
export function isUnknownKey(issue: v.BaseIssue<unknown>): boolean {
  const [key] = issue.path?.slice(-1) ?? [];
  return key?.origin === 'key' && issue.expected === 'never';
}

/** Whether a file's format is a later version of the expected one, such as adept.run/2 of "adept.run/1". */
function isLaterFormat(expected: string | null, given: unknown): boolean {
  const version = /^"?(.+)\/(\d+)"?$/;
  const [, name, number] = version.exec(expected ?? '') ?? [];
  const [, givenName, givenNumber] = typeof given === 'string' ? (version.exec(given) ?? []) : [];
  return name !== undefined && name === givenName && Number(givenNumber) > Number(number);
}
