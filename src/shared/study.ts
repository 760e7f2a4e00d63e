import * as v from 'valibot';
import { JobReport } from './job';
import type { ExpandChoice, RunConfig } from './runConfig';
import { parseWith } from './parse';
import { settingsSchema, TUNE_SETTINGS, type TuneSettings as Settings } from './settings';

const TuneSettings = settingsSchema(TUNE_SETTINGS);

/** What an arm of a study changes of the job that all share. `k` is how many layers the study expands. */
interface Arm {
  readonly what: string;
  readonly expand?: (k: number) => ExpandChoice;
  readonly tune: Partial<Pick<Settings, 'full' | 'unitRates'>>;
  readonly replays?: true;
}

/** Ways to adapt a model, as the paper compares them (arXiv 2510.10071), and replay. */
export const ARMS = {
  full: {
    what: 'every parameter at one learning rate (full continual pretraining)',
    tune: { full: true, unitRates: 'equal' },
  },
  replay: {
    what: 'the same with general text replayed',
    tune: { full: true, unitRates: 'equal' },
    replays: true,
  },
  llamaPro: {
    what: 'copies at even distances, one learning rate (LLaMA-Pro)',
    expand: (k) => ({ uniform: k }),
    tune: { unitRates: 'equal' },
  },
  withoutStage1: {
    what: 'ADEPT without expansion: every parameter, a learning rate for each unit',
    tune: { full: true, unitRates: 'importance' },
  },
  withoutStage2: {
    what: 'ADEPT with one learning rate',
    expand: (k) => ({ lowest: k }),
    tune: { unitRates: 'equal' },
  },
  uniform: {
    what: 'ADEPT with copies at even distances',
    expand: (k) => ({ uniform: k }),
    tune: { unitRates: 'importance' },
  },
  adept: { what: 'ADEPT', expand: (k) => ({ lowest: k }), tune: { unitRates: 'importance' } },
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

/** A *.study.json: one job, run in several ways with several seeds. Paths are relative to the file. */
export const StudyConfig = v.strictObject({
  /** The job that all arms share, by path or spelt out; its `out`, `expand`, `export` and `tune.seed` are the study's matter. */
  job: v.pipe(v.string(), v.minLength(1)),
  out: v.pipe(v.string(), v.minLength(1)),
  arms: v.optional(v.pipe(v.array(ArmName), v.minLength(1)), [...ArmName.options]),
  seeds: v.optional(v.pipe(v.array(count), v.minLength(1)), [0, 1, 2]),
  /** Layers to expand. */
  k: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Settings of some arms alone, such as another learning rate for `full`. */
  tune: v.optional(v.record(ArmName, v.record(v.string(), v.unknown())), {}),
  /** Keep models and checkpoints of every run; they take gigabytes. */
  keep: v.optional(v.boolean(), false),
});
export type StudyConfig = v.InferOutput<typeof StudyConfig>;

/** One run of a study. Where its files lay is a machine's own matter. */
export const StudyRun = v.object({
  arm: ArmName,
  seed: count,
  report: v.omit(JobReport, ['model', 'out', 'exported']),
});
export type StudyRun = v.InferOutput<typeof StudyRun>;

/** study.json: every run that is done. */
export const StudyFile = v.object({
  format: v.literal('adept.study/1'),
  createdAt: v.string(),
  k: count,
  arms: v.array(ArmName),
  seeds: v.array(count),
  /** What all runs share beside texts and model; runs of other settings do not belong here. */
  settings: v.record(v.string(), v.unknown()),
  runs: v.array(StudyRun),
});
export type StudyFile = v.InferOutput<typeof StudyFile>;

/** The settings that every run of a study depends on. */
export function studySettings(
  { analyze, tune, choices }: RunConfig,
  study: StudyConfig,
): StudyFile['settings'] {
  const { maxQuestions, score, shots } = choices ?? {};
  return {
    ...{ k: study.k, analyze, arms: study.tune, choices: { maxQuestions, score, shots } },
    tune: { ...tune, seed: undefined },
  };
}

/** The job of one run. @param base the job that all share, with absolute paths */
export function armConfig(
  base: RunConfig,
  study: StudyConfig,
  arm: ArmName,
  seed: number,
  out: string,
): RunConfig {
  const { expand, tune, replays }: Arm = ARMS[arm];
  const { replay, ...shared } = base;
  return {
    ...shared,
    ...(replays && replay ? { replay } : {}),
    expand: expand?.(study.k) ?? { lowest: study.k },
    export: {},
    out,
    tune: parseWith(
      TuneSettings,
      { ...base.tune, ...study.tune[arm], ...tune, seed },
      `the study's settings of "${arm}"`,
    ),
  };
}

/** Mean and spread over seeds. */
export interface Spread {
  readonly mean: number;
  readonly lowest: number;
  readonly highest: number;
}

/** What an arm came to. */
export interface ArmSummary {
  readonly arm: ArmName;
  readonly seeds: number;
  /** Nats by which domain loss fell, and general loss rose. */
  readonly domainGain: Spread;
  readonly generalRise: Spread;
  /** Of the share of right answers, where questions were asked. */
  readonly accuracyRise: Spread | undefined;
  /** Share of the positions of general text whose likeliest token changed. */
  readonly tokensChanged: Spread | undefined;
  readonly tuneSeconds: Spread;
  readonly trainableShare: number;
}

/** Every arm that has a run. */
export function summarize({ arms, runs }: Pick<StudyFile, 'arms' | 'runs'>): ArmSummary[] {
  return arms.flatMap((arm) => {
    const reports = runs.filter((run) => run.arm === arm).map(({ report }) => report);
    const [first] = reports;
    if (first === undefined) {
      return [];
    }
    const change = (of: 'domainLoss' | 'generalLoss' | 'accuracy'): number[] =>
      reports.flatMap(({ before, after }) => {
        const [was, is] = [before[of], after[of]];
        return was === null || is === null ? [] : [is - was];
      });
    const accuracy = change('accuracy');
    const changed = reports.flatMap(({ tokenShift }) => tokenShift?.general.changed ?? []);
    return [
      {
        arm,
        seeds: reports.length,
        domainGain: spreadOf(change('domainLoss').map((value) => -value)),
        generalRise: spreadOf(change('generalLoss')),
        accuracyRise: accuracy.length > 0 ? spreadOf(accuracy) : undefined,
        tokensChanged: changed.length > 0 ? spreadOf(changed) : undefined,
        tuneSeconds: spreadOf(reports.map(({ seconds }) => seconds.tune ?? NaN)),
        trainableShare: first.parameters.trained / first.parameters.after,
      },
    ];
  });
}

function spreadOf(values: readonly number[]): Spread {
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    lowest: Math.min(...values),
    highest: Math.max(...values),
  };
}
