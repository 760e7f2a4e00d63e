import * as v from 'valibot';
import { inputError } from '../common/errors';
import { ENGLISH } from '../common/localizer';
import { RunConfig } from '../config/runConfig';
import { EXTENSION_SETTINGS } from '../contributions/extensionSettings';
import { ENGINE_KEYS } from '../run/configDifferences';
import { ANALYZE_SETTINGS } from '../settings/analyzeSettings';
import { flagOf, type Setting, type SettingTable } from '../settings/settingTable';
import { wanted } from '../settings/settingText';
import { TEXT_SETTINGS } from '../settings/textSettings';
import { TUNE_SETTINGS } from '../settings/tuneSettings';
import { shortened } from './shortened';
import type { SettingFacts, SettingResult } from './toolResults';

const MOST_SETTINGS = 8;
const MOST_NAMED = 12;

/** The settings of *.adept.json that stand in a table of their own, by the key in front of them. */
const TABLES: Readonly<Record<string, SettingTable>> = { tune: TUNE_SETTINGS, analyze: ANALYZE_SETTINGS };
/** How a text is read stands in every text, and is explained of one. */
const TEXT = 'domain';
const EVERY_TEXT =
  'in any of the texts (probe, domain, replay, eval.domain, eval.general), beside its "files"';

/**
 * What there is to say about a setting, in every section that has one of this name.
 * @param name a key, dotted or not, an option of the command, or a setting of VS Code
 * @throws AdeptError (input) naming settings that may have been meant
 */
export function settingFacts(name: string): SettingResult {
  const all = allSettings();
  const exact = all.filter(({ key }) => plain(key) === plain(name));
  // Of another section, or of a text, by its name alone: the answer says where it stands.
  const found =
    exact.length > 0
      ? exact
      : all.filter(({ key, commandLineOption = '' }) =>
          [lastPart(key), commandLineOption].some((other) => plain(other) === plain(lastPart(name))),
        );
  if (found.length === 0) {
    throw inputError(unknownSetting(name, all));
  }
  const { kept, omitted } = shortened(found, MOST_SETTINGS);
  return { settings: kept, omittedSettings: omitted };
}

/** Every setting there is, in the order of the file. */
export function allSettings(): SettingFacts[] {
  return [
    ...fileSettings(RunConfig, ''),
    ...tableSettings(TEXT, TEXT_SETTINGS).map((setting) => ({
      ...setting,
      description: `${setting.description}; ${EVERY_TEXT}`,
    })),
    ...Object.entries(EXTENSION_SETTINGS).map(([key, setting]) => ofEditor(key, setting)),
  ];
}

function unknownSetting(name: string, all: readonly SettingFacts[]): string {
  const asked = plain(lastPart(name));
  const similar = all.filter(
    ({ key, description }) =>
      plain(key).includes(asked) ||
      asked.includes(plain(lastPart(key))) ||
      plain(description).includes(asked),
  );
  const candidates = similar.length > 0 ? similar : all.filter(({ key }) => !key.includes('.'));
  const { kept, omitted } = shortened(candidates, MOST_NAMED);
  const more = omitted === 0 ? '' : ` and ${omitted} more`;
  return `There is no setting "${name}": ${similar.length > 0 ? 'similar ones are' : 'the keys of *.adept.json are'} ${kept.map(({ key }) => key).join(', ')}${more}.`;
}

/** The settings of an object of the schema; those of a table from there, where more is known of them. */
function fileSettings(schema: v.GenericSchema, prefix: string): SettingFacts[] {
  return entriesOf(schema)
    .filter(([name]) => name !== '$schema')
    .flatMap(([name, entry]) => {
      const key = `${prefix}${name}`;
      const table = TABLES[key];
      const below = table === undefined ? fileSettings(entry, `${key}.`) : tableSettings(key, table);
      // Of alternatives none is required by itself.
      const isAlternative = inner(schema).type === 'union';
      return [{ ...ofSchema(key, entry), ...(isAlternative ? { required: false } : {}) }, ...below];
    });
}

function tableSettings(section: string, table: SettingTable): SettingFacts[] {
  return Object.entries(table).map(([name, setting]) => ofTable(`${section}.${name}`, name, setting));
}

function ofTable(key: string, name: string, setting: Setting): SettingFacts {
  return {
    key,
    where: '*.adept.json',
    description: setting.description,
    value: wanted(setting, ENGLISH),
    default: setting.default ?? null,
    required: 'required' in setting && setting.required === true,
    changeable: setting.changeable === true,
    commandLineOption: flagOf(name, setting),
  };
}

function ofSchema(key: string, schema: v.GenericSchema): SettingFacts {
  return {
    key,
    where: '*.adept.json',
    description: descriptionOf(schema) ?? '',
    value: valueText(schema),
    default: defaultOf(schema),
    required: schema.type !== 'optional',
    changeable: (ENGINE_KEYS as readonly string[]).includes(key),
  };
}

function ofEditor(
  key: string,
  setting: (typeof EXTENSION_SETTINGS)[keyof typeof EXTENSION_SETTINGS],
): SettingFacts {
  const { default: usual } = setting;
  return {
    key,
    where: 'VS Code settings',
    description: setting.description,
    value: valueText(setting.schema),
    default: Array.isArray(usual) ? [...(usual as readonly string[])] : (usual as string),
    required: false,
    changeable: true,
  };
}

/** What is inside a schema that may be left out, or is described. */
function inner(schema: v.GenericSchema): v.GenericSchema {
  return 'wrapped' in schema ? inner(schema.wrapped as v.GenericSchema) : schema;
}

/** The keys of an object, of the objects among alternatives, and of those in a list; how a text is read has a place of its own. */
function entriesOf(schema: v.GenericSchema): [string, v.GenericSchema][] {
  const within = inner(schema);
  if ('entries' in within) {
    const entries = Object.entries(within.entries as Record<string, v.GenericSchema>);
    return entries.filter(([name]) => !(name in TEXT_SETTINGS));
  }
  if (within.type === 'union' && 'options' in within) {
    return (within.options as v.GenericSchema[]).flatMap(entriesOf);
  }
  return within.type === 'array' && 'item' in within ? entriesOf(within.item as v.GenericSchema) : [];
}

function descriptionOf(schema: v.GenericSchema): string | undefined {
  return (
    v.getDescription(schema) ??
    ('wrapped' in schema ? descriptionOf(schema.wrapped as v.GenericSchema) : undefined)
  );
}

function defaultOf(schema: v.GenericSchema): SettingFacts['default'] {
  const value: unknown = 'default' in schema ? schema.default : undefined;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

/** What a schema takes, in words as those of {@link wanted}. */
function valueText(schema: v.GenericSchema): string {
  const within = inner(schema);
  switch (within.type) {
    case 'picklist':
      return `one of ${(within as v.PicklistSchema<string[], undefined>).options.join(', ')}`;
    case 'number':
      return numberText(within);
    case 'string':
      return 'a text';
    case 'array':
      return 'a list';
    case 'union': {
      const names = entriesOf(within).map(([name]) => name);
      return names.includes('files')
        ? 'a list of files, folders and globs, or an object with "files" and how they are read'
        : `an object with exactly one of ${names.join(', ')}`;
    }
    default:
      return 'an object';
  }
}

interface Action {
  readonly type: string;
  readonly requirement?: unknown;
  readonly pipe?: readonly Action[];
}

/** What a schema asks of a value beyond its type; a schema in a pipe has a pipe of its own. */
function actionsOf({ pipe = [] }: Pick<Action, 'pipe'>): Action[] {
  return pipe.flatMap((action) => [action, ...actionsOf(action)]);
}

function numberText(schema: v.GenericSchema): string {
  const actions = actionsOf(schema as Pick<Action, 'pipe'>);
  const limit = (type: string): number | undefined =>
    actions.flatMap((action) => (action.type === type ? [Number(action.requirement)] : []))[0];
  const [min, above, max] = [limit('min_value'), limit('gt_value'), limit('max_value')];
  const whole = actions.some(({ type }) => type === 'integer') ? 'a whole number' : 'a number';
  if (min === undefined) {
    return above === undefined ? whole : `${whole} above ${above}`;
  }
  return max === undefined ? `${whole} of at least ${min}` : `${whole} from ${min} to ${max}`;
}

function lastPart(key: string): string {
  return key.split('.').at(-1) ?? key;
}

/** `--learning-rate`, `learning_rate` and `learningRate` are one. */
function plain(name: string): string {
  return name.replace(/[-_\s]/g, '').toLowerCase();
}
