import { toJsonSchema, type JsonSchema } from '@valibot/to-json-schema';
import { StudyConfig } from './study';

/** The JSON schema of *.study.json, which gives completion, hover and errors in the editor. Used by the build alone. */
export function studySchema(): JsonSchema {
  return {
    ...toJsonSchema(StudyConfig, {
      typeMode: 'input',
      target: 'draft-07',
      // What a schema cannot say is said when the study is run.
      ignoreActions: ['check'],
      // Nor which names the keys of a record may have.
      errorMode: 'ignore',
    }),
    title: 'ADEPT study',
    description: 'One job, run with several methods and seeds, and compared.',
  };
}
