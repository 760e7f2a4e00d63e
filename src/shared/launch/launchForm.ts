import * as v from 'valibot';
import type { Localizer } from '../common/localizer';
import { numberOfText } from '../common/numberText';
import { TUNE_SETTINGS } from '../settings/tuneSettings';
import { TEXT_SETTINGS, type TextSettings } from '../settings/textSettings';
import { settingsSchema, valueSchema, type Setting } from '../settings/settingTable';
import { wanted } from '../settings/settingText';
import { DEFAULT_TEXT } from '../texts/texts';
import {
  defaultCompute,
  FORM_COMPUTE,
  isCompute,
  readCompute,
  type Compute,
  type FormCompute,
} from './computeForm';
import { togetherProblems } from '../settings/tuneTogether';

/** Of the settings that the form asks for, those that turn importance into learning rates. */
export const RATE_SETTINGS = [
  'unitRates',
  'normRange',
  'rateFloor',
  'rateCap',
  'rateSmoothing',
] as const satisfies readonly (keyof typeof TUNE_SETTINGS)[];

/** Those that everybody decides on. */
export const ESSENTIAL_SETTINGS = [
  'steps',
  'learningRate',
  'evalEvery',
  'maxGeneralRise',
] as const satisfies readonly (keyof typeof TUNE_SETTINGS)[];

/** Those that most leave as they are. */
export const FURTHER_SETTINGS = [
  'batchSize',
  'seqLen',
  'updateEvery',
  'schedule',
  'warmup',
  'saveEvery',
  'maxEvalSequences',
  'onGeneralRise',
  'replayShare',
  'seed',
] as const satisfies readonly (keyof typeof TUNE_SETTINGS)[];

/** The settings that the launch form asks for; the others keep their defaults. */
export const FORM_SETTINGS = [...ESSENTIAL_SETTINGS, ...FURTHER_SETTINGS, ...RATE_SETTINGS] as const;
export type FormSetting = (typeof FORM_SETTINGS)[number];

/** The lists of files that the form asks for. */
export const FORM_FILES = ['domain', 'replay', 'evalDomain', 'evalGeneral', 'probe'] as const;
export type FormFiles = (typeof FORM_FILES)[number];

/** Those that everybody names; the others have something that stands in for them. */
export const ESSENTIAL_FILES = [
  'domain',
  'evalDomain',
  'evalGeneral',
] as const satisfies readonly FormFiles[];

/** How all texts of a run are read, as far as the form asks for it. */
export const FORM_TEXT_SETTINGS = [
  'documentStart',
  'documentEnd',
  'packing',
] as const satisfies readonly (keyof typeof TEXT_SETTINGS)[];
export type FormTextSetting = (typeof FORM_TEXT_SETTINGS)[number];

/** Whether a list of files may not be empty. */
export function needsFiles(field: FormFiles): boolean {
  return field === 'domain' || field === 'probe';
}

/** Whether the model answers prompts as the run goes on. */
export const FORM_ANSWERS = ['none', 'default'] as const;

export type FormField = 'name' | 'answers' | FormFiles | FormSetting | FormTextSetting | FormCompute;

function texts<const K extends string>(keys: readonly K[]): v.GenericSchema<Record<K, string>> {
  const entries = Object.fromEntries(keys.map((key) => [key, v.string()]));
  // The entries are built from the keys.
  return v.strictObject(entries) as unknown as v.GenericSchema<Record<K, string>>;
}

function defaultTexts(): Record<FormTextSetting, string> {
  const { documentStart, documentEnd, packing } = DEFAULT_TEXT;
  return { documentStart, documentEnd, packing };
}

/** The form as it is typed: every field a text; of files, one path a line. */
export const LaunchForm = v.strictObject({
  name: v.string(),
  files: texts(FORM_FILES),
  settings: texts(FORM_SETTINGS),
  /** Forms of earlier versions lack what follows. */
  answers: v.optional(v.picklist(FORM_ANSWERS), 'none'),
  texts: v.optional(texts(FORM_TEXT_SETTINGS), defaultTexts),
  compute: v.optional(texts(FORM_COMPUTE), defaultCompute),
});
export type LaunchForm = v.InferOutput<typeof LaunchForm>;

/** A form with every default, and the probe that importance was measured on. */
export function freshForm(name: string, probe: readonly string[]): LaunchForm {
  const settings = FORM_SETTINGS.map((setting) => [setting, defaultText(TUNE_SETTINGS[setting])]);
  return {
    name,
    files: { domain: '', replay: '', evalDomain: '', evalGeneral: '', probe: probe.join('\n') },
    // Made of every form setting.
    settings: Object.fromEntries(settings) as Record<FormSetting, string>,
    answers: 'none',
    texts: defaultTexts(),
    compute: defaultCompute(),
  };
}

function defaultText(setting: Setting): string {
  return setting.default === undefined ? '' : String(setting.default);
}

/** How texts are read, where that is not the default. */
export interface GivenTexts {
  readonly documentStart?: string;
  readonly documentEnd?: string;
  readonly packing?: TextSettings['packing'];
}

/** What the form's texts mean, field by field; what cannot be used is a problem instead. */
export interface FormReading {
  readonly name: string;
  readonly files: Readonly<Record<FormFiles, readonly string[]>>;
  /** Those that were given and can be used. */
  readonly settings: Readonly<Partial<Record<FormSetting, number | string>>>;
  /** How texts are read, where that is not the default. */
  readonly texts: GivenTexts;
  readonly compute: Compute;
  /** Whether the model answers the default prompts as the run goes on. */
  readonly answers: boolean;
  /** What to put right, one sentence each. */
  readonly problems: ReadonlyMap<FormField, string>;
}

// As folder names go on every system; a leading point would hide the file.
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Reads a form. Files are only looked for by the host. */
export function readForm(form: LaunchForm, l10n: Localizer): FormReading {
  const problems = new Map<FormField, string>();
  const name = form.name.trim();
  if (!NAME.test(name)) {
    problems.set('name', l10n.t('Give 1 to 64 letters, digits, points, hyphens or underscores.'));
  }
  const files = filesOf(form);
  for (const field of FORM_FILES) {
    if (needsFiles(field) && files[field].length === 0) {
      problems.set(field, l10n.t('Name at least one file.'));
    }
  }
  const settings: Partial<Record<FormSetting, number | string>> = {};
  for (const field of FORM_SETTINGS) {
    const text = form.settings[field].trim();
    const setting: Setting = TUNE_SETTINGS[field];
    const value = setting.kind === 'choice' ? text : numberOfText(text);
    if (text === '' && !isRequired(setting)) {
      continue;
    }
    if (value !== undefined && v.is(valueSchema(setting), value)) {
      settings[field] = value;
    } else {
      problems.set(field, giveText(setting, isRequired(setting), l10n));
    }
  }
  const read = readTexts(form);
  for (const field of read.unusable) {
    problems.set(field, giveText(TEXT_SETTINGS[field], false, l10n));
  }
  for (const [field, problem] of problemsTogether(settings, l10n)) {
    problems.set(field, problems.get(field) ?? problem);
  }
  const computed = readCompute(form.compute, l10n);
  for (const [field, problem] of computed.problems) {
    problems.set(field, problem);
  }
  return {
    ...{ name, files, settings, texts: read.texts, compute: computed.compute, problems },
    answers: form.answers === 'default',
  };
}

/** Nothing stands for the default. */
function readTexts(form: LaunchForm): { texts: FormReading['texts']; unusable: FormTextSetting[] } {
  const given = FORM_TEXT_SETTINGS.map((field) => [field, form.texts[field].trim()] as const).filter(
    ([field, text]) => text !== '' && text !== DEFAULT_TEXT[field],
  );
  const isUsable = ([field, text]: readonly [FormTextSetting, string]): boolean =>
    v.is(valueSchema(TEXT_SETTINGS[field]), text);
  return {
    texts: Object.fromEntries(given.filter(isUsable)),
    unusable: given.filter((one) => !isUsable(one)).map(([field]) => field),
  };
}

/** What the run would refuse of settings that are good by themselves. */
function problemsTogether(settings: FormReading['settings'], l10n: Localizer): [FormSetting, string][] {
  // What is required and missing is a problem of its own, and goes with everything.
  const filled = { steps: 1, learningRate: 0, ...settings };
  const tune = v.parse(settingsSchema(TUNE_SETTINGS), filled);
  return togetherProblems(tune, (key) => fieldName(key, l10n), l10n).flatMap(({ setting, problem }) =>
    isFormSetting(setting) ? [[setting, sentence(problem)]] : [],
  );
}

/** How the form calls the settings that others have to go with. */
function fieldName(key: string, l10n: Localizer): string {
  return key === 'tune.rateCap'
    ? l10n.t('the highest rate')
    : key === 'tune.unitRates'
      ? l10n.t('rates that are')
      : key;
}

function giveText(setting: Setting, required: boolean, l10n: Localizer): string {
  return required
    ? l10n.t('Give {0}.', wanted(setting, l10n))
    : l10n.t('Give {0}, or leave it empty.', wanted(setting, l10n));
}

export function isFormSetting(name: string): name is FormSetting {
  return (FORM_SETTINGS as readonly string[]).includes(name);
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function filesOf({ files }: LaunchForm): Record<FormFiles, string[]> {
  const lists = FORM_FILES.map((field) => [
    field,
    files[field]
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  ]);
  // Made of every list of files.
  return Object.fromEntries(lists) as Record<FormFiles, string[]>;
}

export function isRequired(setting: Setting): boolean {
  return 'required' in setting && setting.required === true;
}

/** What stands in a field. */
export function fieldText(form: LaunchForm, field: FormField): string {
  if (field === 'name' || field === 'answers') {
    return form[field];
  }
  if (isFiles(field)) {
    return form.files[field];
  }
  if (isCompute(field)) {
    return form.compute[field];
  }
  return isTextSetting(field) ? form.texts[field] : form.settings[field];
}

/** A form with one field changed. */
export function withField(form: LaunchForm, field: FormField, text: string): LaunchForm {
  if (field === 'name') {
    return { ...form, name: text };
  }
  if (field === 'answers') {
    return { ...form, answers: text === 'default' ? 'default' : 'none' };
  }
  if (isFiles(field)) {
    return { ...form, files: { ...form.files, [field]: text } };
  }
  if (isCompute(field)) {
    return { ...form, compute: { ...form.compute, [field]: text } };
  }
  return isTextSetting(field)
    ? { ...form, texts: { ...form.texts, [field]: text } }
    : { ...form, settings: { ...form.settings, [field]: text } };
}

export function isTextSetting(field: FormField): field is FormTextSetting {
  return (FORM_TEXT_SETTINGS as readonly string[]).includes(field);
}

export function isFiles(field: FormField): field is FormFiles {
  return (FORM_FILES as readonly string[]).includes(field);
}
