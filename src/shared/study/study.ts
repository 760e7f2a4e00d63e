import * as v from 'valibot';
import { JobReport } from '../run/job';
import type { ExpandChoice, RunConfig } from '../config/runConfig';
import { pathsOf, replayTexts } from '../texts/texts';
import { inputError } from '../common/errors';
import type { Localizer } from '../common/localizer';
import { parseWith } from '../common/parse';
import { TUNE_SETTINGS, type TuneSettings as Settings } from '../settings/tuneSettings';
import { settingsSchema } from '../settings/settingTable';

const TuneSettings = settingsSchema(TUNE_SETTINGS);

/** What an arm of a study changes of the job that all share. `k` is how many layers the study expands. */
interface Arm {
  readonly expand?: (k: number) => ExpandChoice;
  readonly full: boolean;
  /** Whether units have learning rates of their own: by the job's mapping, or by importance where the job has none. */
  readonly unitWise: boolean;
  readonly replays?: true;
}

/** Ways to adapt a model, as the paper compares them (arXiv 2510.10071), and replay. */
export const ARMS = {
  full: {
    full: true,
    unitWise: false,
  },
  replay: {
    full: true,
    unitWise: false,
    replays: true,
  },
  llamaPro: {
    expand: (k) => ({ uniform: k }),
    full: false,
    unitWise: false,
  },
  withoutStage1: {
    full: true,
    unitWise: true,
  },
  withoutStage2: {
    expand: (k) => ({ lowest: k }),
    full: false,
    unitWise: false,
  },
  uniform: {
    expand: (k) => ({ uniform: k }),
    full: false,
    unitWise: true,
  },
  adept: { expand: (k) => ({ lowest: k }), full: false, unitWise: true },
} as const satisfies Record<string, Arm>;

export const ArmName = v.picklist([
  'full',
  'replay',
  'llamaPro',
  'withoutStage1',
  'withoutStage2',
  'uniform',
  'adept',
]);
export type ArmName = keyof typeof ARMS;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const atLeastOne = v.pipe(v.number(), v.integer(), v.minValue(1));
const settings = v.record(v.string(), v.unknown());

/** An arm with some things changed: what a search for settings consists of. */
export const Variant = v.strictObject({
  of: ArmName,
  /** Layers to expand, by number, or these layers. */
  k: v.optional(atLeastOne),
  layers: v.optional(v.pipe(v.array(count), v.minLength(1))),
  tune: v.optional(settings),
  /** Those of the study's seeds that it runs with; all when left out. */
  seeds: v.optional(v.pipe(v.array(count), v.minLength(1))),
  /** Keep its models and checkpoints, for example to measure the strength. */
  keep: v.optional(v.boolean()),
});
export type Variant = v.InferOutput<typeof Variant>;

/** Names the run's folder, and stands beside the arms in tables. */
const VariantName = v.pipe(
  v.string(),
  v.regex(/^[\w][\w.-]*$/, 'A variant is named with letters, digits, ".", "_" and "-".'),
  v.check((name) => !(name in ARMS), 'A variant may not have the name of an arm.'),
);

/** A *.study.json: one job, run in several arms with several seeds. Paths are relative to the file. */
export const StudyConfig = v.strictObject({
  job: v.pipe(
    v.string(),
    v.minLength(1),
    v.description(
      'the *.adept.json that all arms share; its "out", "expand", "export" and "tune.seed" are the matter of the study',
    ),
  ),
  out: v.pipe(v.string(), v.minLength(1), v.description('folder of the study')),
  arms: v.optional(
    v.pipe(
      v.array(ArmName),
      v.minLength(1),
      v.check((arms) => new Set(arms).size === arms.length, 'An arm may be named only once.'),
      v.description('methods to compare; all of them when left out'),
    ),
    [...ArmName.options],
  ),
  variants: v.optional(
    v.pipe(
      v.record(VariantName, Variant),
      v.description('arms with some things changed, run after the others: a search for settings'),
    ),
    {},
  ),
  seeds: v.optional(
    v.pipe(
      v.array(count),
      v.minLength(1),
      v.check((seeds) => new Set(seeds).size === seeds.length, 'A seed may be named only once.'),
      v.description('each arm runs with each of them: orders of the text'),
    ),
    [0, 1, 2],
  ),
  k: v.pipe(atLeastOne, v.description('layers to expand')),
  tune: v.optional(
    v.pipe(
      v.record(ArmName, settings),
      v.description('settings of some arms alone, such as another learning rate for "full"'),
    ),
    {},
  ),
  keep: v.optional(
    v.pipe(v.boolean(), v.description('keep models and checkpoints of every run; they take gigabytes')),
    false,
  ),
});
export type StudyConfig = v.InferOutput<typeof StudyConfig>;

/** One run of a study. Where its files lay is a machine's own matter. */
export const StudyRun = v.object({
  /** An arm's or a variant's name. */
  arm: v.string(),
  seed: count,
  report: v.omit(JobReport, ['model', 'out', 'exported']),
});
export type StudyRun = v.InferOutput<typeof StudyRun>;

/** A run that ended without a result, and why; it is tried again the next time. */
export const StudyFailure = v.object({ arm: v.string(), seed: count, message: v.string() });
export type StudyFailure = v.InferOutput<typeof StudyFailure>;

/** What tells model and texts from others, wherever they lie: hashes of their contents. */
export type StudyInputs = Readonly<Record<string, string>>;

/** study.json: every run that is done. */
export const StudyFile = v.object({
  format: v.literal('adept.study/1'),
  createdAt: v.string(),
  k: count,
  /** In their order: arms, then variants. */
  arms: v.array(v.string()),
  variants: v.optional(v.record(v.string(), Variant), {}),
  seeds: v.array(count),
  /** What all runs share, `inputs` among them; runs of other settings do not belong here. */
  settings: v.record(v.string(), v.unknown()),
  runs: v.array(StudyRun),
  failures: v.optional(v.array(StudyFailure), []),
});
export type StudyFile = v.InferOutput<typeof StudyFile>;

/** The settings that every run of a study depends on. */
export function studySettings(
  { analyze, tune, choices, replay }: RunConfig,
  study: StudyConfig,
  inputs: StudyInputs,
): StudyFile['settings'] {
  const { maxQuestions, sampling, score, shots } = choices ?? {};
  const mixed = replayTexts(replay ?? []);
  return {
    inputs,
    // One text has all of the weight.
    ...(mixed.length > 1
      ? { replay: mixed.map(({ corpus, weight }) => ({ files: pathsOf(corpus).length, weight })) }
      : {}),
    ...{ k: study.k, analyze, arms: study.tune, choices: { maxQuestions, sampling, score, shots } },
    tune: { ...tune, seed: undefined },
  };
}

/** The names of all arms in which a study runs its job. */
export function armsOf({ arms, variants }: Pick<StudyConfig, 'arms' | 'variants'>): string[] {
  return [...arms, ...Object.keys(variants)];
}

/** The runs that a study consists of, in the order in which they are done: seed by seed. */
export function plannedRuns({
  arms,
  variants,
  seeds,
}: Pick<StudyFile, 'arms' | 'variants' | 'seeds'>): { readonly arm: string; readonly seed: number }[] {
  return seeds.flatMap((seed) =>
    arms.filter((arm) => variants[arm]?.seeds?.includes(seed) ?? true).map((arm) => ({ arm, seed })),
  );
}

/** The arm behind a name: itself, or what a variant is made of. @throws AdeptError (input) when the study has no such arm */
function armOf(name: string, { variants }: Pick<StudyFile, 'variants'>): Variant {
  const variant = variants[name] ?? (isArm(name) ? { of: name } : undefined);
  if (variant === undefined) {
    throw inputError(`The study has neither an arm nor a variant "${name}".`);
  }
  return variant;
}

function isArm(name: string): name is ArmName {
  return name in ARMS;
}

/** What an arm is. */
export function armMeaning(arm: ArmName, l10n: Localizer): string {
  switch (arm) {
    case 'full':
      return l10n.t('every parameter at one learning rate (full continual pretraining)');
    case 'replay':
      return l10n.t('the same with general text replayed');
    case 'llamaPro':
      return l10n.t('copies at even distances, one learning rate (LLaMA-Pro)');
    case 'withoutStage1':
      return l10n.t('ADEPT without expansion: every parameter, a learning rate for each unit');
    case 'withoutStage2':
      return l10n.t('ADEPT with one learning rate');
    case 'uniform':
      return l10n.t('ADEPT with copies at even distances');
    case 'adept':
      return 'ADEPT';
  }
}

/** What an arm or a variant is, for a legend. */
export function armText(name: string, study: Pick<StudyFile, 'variants'>, l10n: Localizer): string {
  const { of, k, layers, tune } = armOf(name, study);
  const changes = [
    ...(k === undefined ? [] : [`k ${k}`]),
    ...(layers === undefined ? [] : [`layers ${layers.join(', ')}`]),
    ...Object.entries(tune ?? {}).map(([key, value]) => `${key} ${String(value)}`),
  ];
  return changes.length === 0 ? armMeaning(of, l10n) : l10n.t('{0} with {1}', of, changes.join('; '));
}

/**
 * The job of one run.
 * @param base the job that all share, with absolute paths
 * @param name an arm or a variant
 */
export function armConfig(
  base: RunConfig,
  study: StudyConfig,
  name: string,
  seed: number,
  out: string,
): RunConfig {
  const arm = armOf(name, study);
  const { expand, full, unitWise, replays }: Arm = ARMS[arm.of];
  const byImportance = base.tune.unitRates === 'equal' ? 'importance' : base.tune.unitRates;
  const tune = { full, unitRates: unitWise ? byImportance : 'equal' };
  const { replay, ...shared } = base;
  const k = arm.k ?? study.k;
  return {
    ...shared,
    ...(replays && replay ? { replay } : {}),
    expand: arm.layers ? { layers: arm.layers } : (expand?.(k) ?? { lowest: k }),
    export: {},
    out,
    tune: parseWith(
      TuneSettings,
      { ...base.tune, ...study.tune[arm.of], ...tune, ...arm.tune, seed },
      `the study's settings of "${name}"`,
    ),
  };
}

/** What the arms of a study have in common, so that they compare: how much of which text they train on. */
const SHARED_SETTINGS = [
  'steps',
  'batchSize',
  'seqLen',
  'gradAccum',
  'maxTrainSequences',
  'sampling',
  'order',
] as const;
/** What makes an arm what it is. */
const ARM_SETTINGS = ['full', 'unitRates', 'seed'] as const;

/**
 * Checks that the arms compare and can be run; variants say in the table what they change.
 * @param label names the study in errors
 * @throws AdeptError (input)
 */
export function checkStudy(study: StudyConfig, base: RunConfig, label: string): void {
  for (const [arm, settings] of Object.entries(study.tune)) {
    const own = ARM_SETTINGS.find((name) => name in settings);
    if (own !== undefined) {
      throw inputError(
        `${label}: tune.${arm}.${own}: defines this arm, or is set by the study: remove it, or make a variant.`,
      );
    }
  }
  for (const [name, variant] of Object.entries(study.variants)) {
    const wrong = ignoredBy(variant, study);
    if (wrong !== undefined) {
      throw inputError(`${label}: variants.${name}.${wrong}`);
    }
  }
  const arms = armsOf(study);
  const withoutText = arms.find(
    (name) => 'replays' in ARMS[armOf(name, study).of] && base.replay === undefined,
  );
  if (withoutText !== undefined) {
    throw inputError(`${study.job}: "replay" is missing: "${withoutText}" trains on it.`);
  }
  const settingsOf = (arm: string): Settings => armConfig(base, study, arm, 0, study.out).tune;
  const [first] = study.arms;
  const shared = first && settingsOf(first);
  for (const arm of study.arms) {
    const own = settingsOf(arm);
    const other = SHARED_SETTINGS.find((name) => own[name] !== shared?.[name]);
    if (other !== undefined) {
      throw inputError(
        `${label}: tune.${other} differs between "${arm}" and "${first}": arms are compared on the same text; give it to all, or make a variant.`,
      );
    }
  }
}

/** Which setting of a variant would have no effect, and what to do. */
function ignoredBy(
  { of, k, layers, seeds, tune = {} }: Variant,
  study: Pick<StudyConfig, 'seeds'>,
): string | undefined {
  const { expand }: Arm = ARMS[of];
  if (expand === undefined && (k !== undefined || layers !== undefined)) {
    return `${k === undefined ? 'layers' : 'k'}: "${of}" expands nothing: remove it, or make a variant of another arm.`;
  }
  if (k !== undefined && layers !== undefined) {
    return 'k: has no effect beside layers: give one of them.';
  }
  if ('seed' in tune) {
    return 'tune.seed: is set by the study: name seeds instead.';
  }
  const other = seeds?.find((seed) => !study.seeds.includes(seed));
  return other === undefined
    ? undefined
    : `seeds: ${other} is none of the study's seeds (${study.seeds.join(', ')}): name some of them.`;
}
