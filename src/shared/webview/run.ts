import * as v from 'valibot';
import { AskedPrompt, GivenAnswer } from '../run/answers';
import { ScorePoint } from '../run/scores';
import { CurvePatch } from './curvePatch';
import { MachineNews } from './machine';
import { MARK_KINDS, RunMark } from '../run/runMark';
import { StrengthFile } from '../run/strength';
import { CONTROL_COMMANDS } from '../run/protocol';
import { RUN_STATES } from '../run/runState';
import { LOG_LEVELS, RATE_CAUSES } from '../run/runFolder';
import { FLOAT_TYPES } from '../model/floatType';
import { TextLosses } from '../run/losses';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const text = v.string();
const loss = v.nullable(v.number());

/** The curves of a run's steps; `lossMeans` is the mean training loss around each point, which smoothing starts from. */
export const CURVES = ['loss', 'lossMeans', 'learningRate', 'tokensPerSecond'] as const;
export type CurveName = (typeof CURVES)[number];
const Curves = v.object({
  loss: CurvePatch,
  lossMeans: CurvePatch,
  learningRate: CurvePatch,
  tokensPerSecond: CurvePatch,
} satisfies Record<CurveName, unknown>);

/** Losses at an evaluation, nats per token. */
export const EvalPoint = v.object({ step: count, domainLoss: loss, generalLoss: loss });
export type EvalPoint = v.InferOutput<typeof EvalPoint>;

/** Every unit's importance as it was measured last, and its learning rate; null where a unit was not measured. */
export const UnitColumn = v.object({
  step: count,
  /** Why the rates changed, where nothing was measured anew. */
  why: v.optional(v.picklist(RATE_CAUSES)),
  source: text,
  importance: v.array(v.nullable(v.number())),
  /** What the importance counts for among the units, 0 to 1. */
  normalized: v.array(v.nullable(v.number())),
  learningRate: v.array(v.nullable(v.number())),
  /** Indices of the units that train no more. */
  frozen: v.optional(v.array(count)),
});
export type UnitColumn = v.InferOutput<typeof UnitColumn>;

export const UnitName = v.object({ layer: count, name: text });
export type UnitName = v.InferOutput<typeof UnitName>;

export const LogLine = v.object({ seq: count, time: text, level: v.picklist(LOG_LEVELS), text });
export type LogLine = v.InferOutput<typeof LogLine>;

/** Something in the run folder that cannot be used. `line` counts from 1. */
export const RunProblem = v.object({ file: text, line: v.nullable(count), message: text });
export type RunProblem = v.InferOutput<typeof RunProblem>;

/** How a trainer's process ended: one of the two, as the system says. */
export const RunExit = v.object({ code: v.nullable(v.number()), signal: v.nullable(text) });
export type RunExit = v.InferOutput<typeof RunExit>;

/**
 * The state of a run, or, in this window: opening: its log is being read for the first time. starting: a process was started for
 * it, of which the folder says nothing yet. gone: there is no such folder, or no longer.
 */
const SHOWN_STATES = ['opening', 'starting', 'gone', ...RUN_STATES] as const;
export type ShownState = (typeof SHOWN_STATES)[number];

/** What a person can ask of a run; each of them may be impossible just now. */
const RUN_COMMANDS = [
  ...CONTROL_COMMANDS,
  'openConfig',
  'openFolder',
  'openLog',
  'shareReport',
  'export',
  'runAgain',
  'delete',
] as const;
export type RunCommand = (typeof RUN_COMMANDS)[number];

/** The model that was exported last, and what its files compute. */
export const ShownExport = v.object({
  /** Of its folder. */
  name: text,
  /** Of its checkpoint; null where no file says it. */
  step: v.nullable(count),
  alpha: v.number(),
  dropped: v.array(count),
  /** Of its weights; null where no file says it. */
  dtype: v.nullable(v.picklist(FLOAT_TYPES)),
  losses: TextLosses,
});
export type ShownExport = v.InferOutput<typeof ShownExport>;

/** Mean training loss of so many steps, nats per token: the last ones, and the first ones where the two can be compared. */
export const TrainingLoss = v.object({ steps: count, now: v.number(), start: loss });
export type TrainingLoss = v.InferOutput<typeof TrainingLoss>;

/** Everything about the run that is not a series. */
export const RunSummary = v.object({
  name: text,
  folder: text,
  /** The model's folder; null when no file says which. */
  model: v.nullable(text),
  /** Which layers were added, and what they copy. */
  copies: v.array(v.object({ layer: count, source: count })),
  state: v.picklist(SHOWN_STATES),
  /** What the trainer does now, or did last: `analyzing`, `tuning`, …; null before it said anything. */
  stage: v.nullable(text),
  /** How far something that takes long is, 0 to 1, and for how long it will; null between two steps. */
  progress: v.nullable(
    v.object({ stage: text, fraction: v.number(), message: text, secondsLeft: v.nullable(v.number()) }),
  ),
  /** What was asked for and comes with the next step; null otherwise. */
  asked: v.nullable(v.picklist(['pause', 'stop'])),
  step: count,
  steps: v.nullable(count),
  /** For how long a living trainer has sent no heartbeat, where that is long; null otherwise. */
  silentSeconds: v.nullable(v.number()),
  secondsLeft: v.nullable(v.number()),
  startedAt: v.nullable(text),
  engine: v.nullable(
    v.object({
      engine: text,
      device: text,
      ranks: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
    }),
  ),
  /** The remote that the window works on, for example `ssh-remote`. */
  remoteName: v.nullable(text),
  gradNorm: v.nullable(v.number()),
  trainingLoss: v.nullable(TrainingLoss),
  /** Null where nothing was exported, or nothing whose losses are known. */
  exported: v.nullable(ShownExport),
  exit: v.nullable(RunExit),
  error: v.nullable(text),
  /** Why it stopped, where nobody asked for it. */
  because: v.nullable(text),
  /** The last lines of a trainer that died. */
  lastLines: v.array(text),
  enabled: v.array(v.picklist(RUN_COMMANDS)),
  /** Whether it is being measured what the added layers are worth. */
  isMeasuring: v.boolean(),
  /** A command that was given and has not shown yet. */
  pending: v.nullable(v.picklist(RUN_COMMANDS)),
  /** How much of the log was read, 0 to 1; null when all of it. */
  reading: v.nullable(v.number()),
});
export type RunSummary = v.InferOutput<typeof RunSummary>;

/** What the model is asked, as people read it. */
export const ShownPrompt = v.omit(AskedPrompt, ['ids']);
export type ShownPrompt = v.InferOutput<typeof ShownPrompt>;

/** What it said at a step, in the order of the prompts. */
export const AnswerRound = v.object({ step: count, answers: v.array(GivenAnswer) });
export type AnswerRound = v.InferOutput<typeof AnswerRound>;

const parts = {
  summary: v.optional(RunSummary),
  curves: v.optional(Curves),
  /** The part that the page is zoomed to, with more points than `curves` has there; null where that has all there is to see. */
  detail: v.optional(v.nullable(Curves)),
  /** All of them; of very many, those that show the extremes. */
  evals: v.optional(v.array(EvalPoint)),
  /** All of them; of very many some. */
  scores: v.optional(v.array(ScorePoint)),
  checkpoints: v.optional(v.array(EvalPoint)),
  /** What happened beside steps: all of it; of very many refreshes some. */
  marks: v.optional(v.array(RunMark)),
  /** Replaces the columns from step `from` on. `total` there are, `measured` of them measurements; of a long run some are shown. */
  importance: v.optional(
    v.object({
      units: v.array(UnitName),
      from: v.number(),
      columns: v.array(UnitColumn),
      total: count,
      measured: count,
    }),
  ),
  /** Replaces the answers from step `from` on. */
  answers: v.optional(
    v.object({ prompts: v.array(ShownPrompt), from: v.number(), rounds: v.array(AnswerRound) }),
  ),
  /** What trainer and machine use. */
  machine: v.optional(MachineNews),
  /** Lines that follow those before; `skipped` lines came in between or were too many to keep. */
  log: v.optional(v.object({ lines: v.array(LogLine), skipped: count })),
  problems: v.optional(v.object({ items: v.array(RunProblem), total: count })),
  /** What the added layers are worth; null where it was not measured. */
  strength: v.optional(v.nullable(StrengthFile)),
};

export const RUN_TABS = ['curves', 'units', 'answers', 'strength', 'machine', 'log'] as const;
export type RunTab = (typeof RUN_TABS)[number];

/** What is new of a run: `snapshot` replaces everything, `update` says what changed. */
export const RunNews = v.variant('type', [
  v.object({ type: v.literal('snapshot'), ...parts }),
  v.object({ type: v.literal('update'), ...parts }),
]);
export type RunNews = v.InferOutput<typeof RunNews>;

/** To the page. */
export const ToRun = v.variant('type', [
  ...RunNews.options,
  /** What was measured stands on this tab. */
  v.object({ type: v.literal('showTab'), tab: v.picklist(RUN_TABS) }),
  v.object({ type: v.literal('saved'), file: text }),
]);
export type ToRun = v.InferOutput<typeof ToRun>;
export type RunUpdate = Omit<RunNews, 'type'>;

/** The checkpoint that the strength was measured of, at a strength and without some added layers. */
const strength = v.object({
  step: count,
  alpha: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  drop: v.array(count),
});

/** From the page, beside what every page says. */
export const FromRun = v.variant('type', [
  v.object({ type: v.literal('command'), command: v.picklist(RUN_COMMANDS) }),
  /** Show a problem's line in an editor. */
  v.object({ type: v.literal('openProblem'), file: text, line: v.nullable(count) }),
  v.object({ type: v.literal('measureStrength') }),
  /** The steps that are shown; null: all. */
  v.object({ type: v.literal('zoom'), range: v.nullable(v.tuple([v.number(), v.number()])) }),
  /** All curves, every step of them: the page has only as many points as can be drawn. */
  v.object({ type: v.literal('saveCurves') }),
  /** What the model said at every step. */
  v.object({ type: v.literal('saveAnswers') }),
  /** `png` in base64. */
  v.object({ type: v.literal('savePicture'), png: v.pipe(text, v.base64()) }),
  /** Have it answer prompts. */
  v.object({ type: v.literal('tryStrength'), ...strength.entries }),
  /** Export it. */
  v.object({ type: v.literal('exportStrength'), ...strength.entries }),
]);
export type FromRun = v.InferOutput<typeof FromRun>;

/** What a run panel shows. */
export const RunSource = v.object({ folder: v.pipe(text, v.minLength(1)) });
export type RunSource = v.InferOutput<typeof RunSource>;

export const MOST_SMOOTHING = 0.99;

/** What is marked on the axis of the curves. */
export const SHOWN_MARKS = ['checkpoint', ...MARK_KINDS] as const;
export type ShownMark = (typeof SHOWN_MARKS)[number];

/** What the page keeps over hiding and reload. */
export const RunView = v.object({
  tab: v.optional(v.picklist(RUN_TABS), 'curves'),
  logScale: v.optional(v.boolean(), false),
  /** Weight of what came before in the smoothed curves; 0: they are not smoothed. */
  smoothing: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(MOST_SMOOTHING)), 0.9),
  /** First and last step that the curves show; null: all of them. */
  zoom: v.optional(v.nullable(v.tuple([v.number(), v.number()])), null),
  /** First and last second that the charts of the machine show; null: all of them. */
  machineZoom: v.optional(v.nullable(v.tuple([v.number(), v.number()])), null),
  /** Kinds of marks that are not drawn. */
  hiddenMarks: v.optional(v.array(v.picklist(SHOWN_MARKS)), []),
  sinceStart: v.optional(v.boolean(), false),
  table: v.optional(v.boolean(), false),
  unitValue: v.optional(v.picklist(['importance', 'learningRate']), 'importance'),
  unitScale: v.optional(v.picklist(['linear', 'log', 'rank']), 'rank'),
  /** The step that the scrubber stands at; null follows the latest measurement. */
  scrubber: v.optional(v.nullable(count), null),
  /** The strength (α) that is set, and the added layers that are left out. */
  alpha: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 1),
  drop: v.optional(v.array(count), []),
  /** Which answers are shown beside those before: of a step, or with null of the last one. */
  answersStep: v.optional(v.nullable(count), null),
  /** The prompt whose answers are shown over all steps; null: all prompts at one step. */
  answersPrompt: v.optional(v.nullable(count), null),
  answersFilter: v.optional(text, ''),
  filter: v.optional(text, ''),
  level: v.optional(v.picklist(LOG_LEVELS), 'info'),
});
export type RunView = v.InferOutput<typeof RunView>;
