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
  const [key] = issue.path?.slice(-1) ?? [];
  if (key?.origin === 'key' && issue.expected === 'never') {
    return `${field} is not known here: correct its name or remove it`;
  }
  if (issue.input === undefined && path !== null) {
    return `${field} is missing: add it`;
  }
  return `${field} is not usable (${issue.message}): correct it`;
}
