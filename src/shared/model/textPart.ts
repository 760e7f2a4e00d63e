import * as v from 'valibot';

/** The part of a config.json that is about text: models of several kinds of input nest it. */
export function textPart(raw: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const nested = v.safeParse(v.record(v.string(), v.unknown()), raw.text_config);
  return nested.success ? nested.output : raw;
}
