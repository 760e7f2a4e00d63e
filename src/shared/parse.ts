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
  const path = v.getDotPath(issue);
  throw inputError(
    `${where}: ${path === null ? 'the content' : `"${path}"`} is not usable (${issue.message}): correct it.`,
  );
}
