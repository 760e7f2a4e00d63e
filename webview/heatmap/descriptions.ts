import * as v from 'valibot';

/** The description that a schema of objects gives a key; empty where it gives none. */
export function descriptionOf(schema: v.GenericSchema, keys: readonly string[]): string {
  const [key, ...rest] = keys;
  if (key === undefined) {
    return (
      v.getDescription(schema) ??
      (wrapped(schema) === undefined ? '' : descriptionOf(wrapped(schema) ?? schema, []))
    );
  }
  const inner = entriesOf(schema)?.[key];
  return inner === undefined ? '' : descriptionOf(inner, rest);
}

function entriesOf(schema: v.GenericSchema): Readonly<Record<string, v.GenericSchema>> | undefined {
  if ('entries' in schema) {
    return schema.entries as Readonly<Record<string, v.GenericSchema>>;
  }
  const inner = wrapped(schema);
  return inner === undefined ? undefined : entriesOf(inner);
}

/** What an optional schema, or one with a pipe, is made of. */
function wrapped(schema: v.GenericSchema): v.GenericSchema | undefined {
  return 'wrapped' in schema ? (schema.wrapped as v.GenericSchema) : undefined;
}
