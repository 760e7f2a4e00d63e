import { toJsonSchema, type JsonSchema } from '@valibot/to-json-schema';
import { ANALYZE_SETTINGS } from '../settings/analyzeSettings';
import { settingHover } from '../settings/settingHover';
import type { SettingTable } from '../settings/settingTable';
import { TUNE_SETTINGS } from '../settings/tuneSettings';
import { RunConfig, type EvalTask } from './runConfig';

/** What constrains a value: the editor's own messages about these are warnings, and the extension says the same as errors. */
const CONSTRAINTS = new Set([
  'required',
  'additionalProperties',
  'minimum',
  'exclusiveMinimum',
  'maximum',
  'minItems',
  'minLength',
  'pattern',
]);

/**
 * The schema as the editor gets it: completion and hovers, with all that is known of each setting. What is wrong is said by the
 * extension, which also knows model, texts and machine.
 */
export function editorSchema(): unknown {
  return forEditor(runConfigSchema(), []);
}

function forEditor(schema: unknown, path: readonly string[]): unknown {
  if (Array.isArray(schema)) {
    return schema.map((part) => forEditor(part, path));
  }
  if (typeof schema !== 'object' || schema === null) {
    return schema;
  }
  const entries = Object.entries(schema).flatMap(([key, value]: [string, unknown]): [string, unknown][] => {
    if (key === 'properties') {
      const properties = Object.entries(value as Record<string, unknown>);
      return [
        [key, Object.fromEntries(properties.map(([name, part]) => [name, forEditor(part, [...path, name])]))],
      ];
    }
    return CONSTRAINTS.has(key) || isNumberType(key, value)
      ? []
      : [[key === 'enum' ? 'examples' : key, forEditor(value, path)]];
  });
  return { ...Object.fromEntries(entries), ...hoverOf(schema, path), ...snippetsOf(schema, path) };
}

/** A type that completes nothing: it would only have the editor say of a wrong number what the extension says. */
function isNumberType(key: string, value: unknown): boolean {
  return key === 'type' && (value === 'number' || value === 'integer');
}

/** What is completed at once, where it would take many completions. */
function snippetsOf(schema: object, path: readonly string[]): { defaultSnippets?: readonly object[] } {
  const isTasks = path.join('.') === 'evalTasks' && 'type' in schema && schema.type === 'array';
  const body = (format: EvalTask['format'], name: string): object => ({
    label: `${name}: ${format}`,
    body: [{ format, name: `\${1:${name}}`, files: ['${2:questions.jsonl}'] }],
  });
  return isTasks ? { defaultSnippets: [body('choices', 'mmlu'), body('generate', 'gsm8k')] } : {};
}

/** A hover of more than a line, for the settings. */
function hoverOf(schema: object, path: readonly string[]): { markdownDescription?: string } {
  const [section = '', name = '', further] = path;
  const tables: Readonly<Record<string, SettingTable>> = { tune: TUNE_SETTINGS, analyze: ANALYZE_SETTINGS };
  const setting = further === undefined ? tables[section]?.[name] : undefined;
  // An optional setting is a schema around one; the outer one has the description.
  return setting === undefined || !('description' in schema)
    ? {}
    : { markdownDescription: settingHover(name, setting) };
}

/** The JSON schema of *.adept.json, which gives completion, hover and errors in the editor. Used by the build alone. */
export function runConfigSchema(): JsonSchema {
  return {
    ...toJsonSchema(RunConfig, {
      typeMode: 'input',
      target: 'draft-07',
      // JSON has no infinities that would need excluding; that names are not given twice, the extension says.
      ignoreActions: ['finite', 'raw_check'],
    }),
    title: 'ADEPT job',
    description: 'What ADEPT does with a model: analyze, expand, tune, evaluate, export.',
  };
}
