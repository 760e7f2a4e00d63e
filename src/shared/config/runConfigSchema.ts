import { toJsonSchema, type JsonSchema } from '@valibot/to-json-schema';
import { RunConfig } from './runConfig';

/** The JSON schema of *.adept.json, which gives completion, hover and errors in the editor. Used by the build alone. */
export function runConfigSchema(): JsonSchema {
  return {
    ...toJsonSchema(RunConfig, {
      typeMode: 'input',
      target: 'draft-07',
      // JSON has no infinities that would need excluding.
      ignoreActions: ['finite'],
    }),
    title: 'ADEPT job',
    description: 'What ADEPT does with a model: analyze, expand, tune, evaluate, export.',
  };
}
