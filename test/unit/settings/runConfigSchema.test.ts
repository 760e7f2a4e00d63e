import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { EvalTasks, RunConfig } from '../../../src/shared/config/runConfig';
import { editorSchema, runConfigSchema } from '../../../src/shared/config/runConfigSchema';
import { TUNE_SETTINGS } from '../../../src/shared/settings/tuneSettings';
import { ANALYZE_SETTINGS } from '../../../src/shared/settings/analyzeSettings';
import { type SettingTable } from '../../../src/shared/settings/settingTable';
import { projectRoot } from '../../support/projectRoot';

interface Field {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Field>>;
}

interface ObjectSchema {
  readonly properties: Readonly<Record<string, Field>>;
  readonly required: readonly string[];
  readonly additionalProperties: boolean;
}

// Through JSON, as the editor gets it.
const schema = JSON.parse(JSON.stringify(runConfigSchema())) as ObjectSchema;

describe('JSON schema of *.adept.json', () => {
  it('is what the build wrote for the editor', () => {
    const written: unknown = JSON.parse(readFileSync(join(projectRoot, 'out/adept.schema.json'), 'utf8'));
    assert.deepEqual(written, JSON.parse(JSON.stringify(editorSchema())));
  });

  it('leaves errors to the extension in the editor, and says all that is known of a setting', () => {
    const text = JSON.stringify(editorSchema());
    for (const key of ['required', 'additionalProperties', 'minimum', 'maximum', 'enum']) {
      assert.ok(!text.includes(`"${key}":`), key);
    }
    const { properties } = JSON.parse(text) as ObjectSchema;
    const steps = properties.tune?.properties?.updateEvery as { readonly markdownDescription?: string };
    assert.equal(
      steps.markdownDescription,
      [
        'Steps between refreshes of importance and learning rates.',
        'Value: a whole number of at least 1. Default: `500`.',
        'A run that is resumed may go on with another value.',
        'On the command line: `--update-every`',
      ].join('\n\n'),
    );
  });

  it('completes a whole task, of either kind, as the parser takes it', () => {
    const { properties } = JSON.parse(JSON.stringify(editorSchema())) as {
      properties: { evalTasks: { defaultSnippets: { body: unknown }[] } };
    };
    const bodies = properties.evalTasks.defaultSnippets.map(({ body }) =>
      JSON.stringify(body).replace(/\$\{\d:([^}]+)\}/g, '$1'),
    );
    const tasks = bodies.map((text) => v.parse(EvalTasks, JSON.parse(text)));
    assert.deepEqual(
      tasks.map(([task]) => [task?.format, task?.name, task?.files]),
      [
        ['choices', 'mmlu', ['questions.jsonl']],
        ['generate', 'gsm8k', ['questions.jsonl']],
      ],
    );
  });

  it('knows every field of the configuration, describes it, and allows no other', () => {
    assert.deepEqual(Object.keys(schema.properties), Object.keys(RunConfig.entries));
    for (const [name, { description }] of Object.entries(schema.properties)) {
      assert.ok(name === '$schema' || description !== undefined, `${name} has no description`);
    }
    assert.equal(schema.additionalProperties, false);
  });

  it('requires what the parser requires', () => {
    const missing = v.safeParse(RunConfig, {});
    assert.ok(!missing.success);
    assert.deepEqual(
      [...schema.required].sort(),
      missing.issues.map((issue) => v.getDotPath(issue) ?? '').sort(),
    );
  });

  const sections: readonly (readonly [string, SettingTable])[] = [
    ['analyze', ANALYZE_SETTINGS],
    ['tune', TUNE_SETTINGS],
  ];
  for (const [section, table] of sections) {
    it(`has the description and default of every setting of "${section}"`, () => {
      const properties: Readonly<Record<string, Field>> = schema.properties[section]?.properties ?? {};
      assert.deepEqual(
        Object.entries(properties).map(([name, field]) => [name, field.description, field.default]),
        Object.entries(table).map(([name, setting]) => [
          name,
          setting.description,
          'default' in setting ? setting.default : undefined,
        ]),
      );
    });
  }
});
