import * as v from 'valibot';
import { GivenAnswer } from './answers';
import { AnswerSettings, EngineChoice, EvalTasks, Ranks, TorchDtype } from '../config/runConfig';
import { TUNE_SETTINGS } from '../settings/tuneSettings';
import { settingsSchema } from '../settings/settingTable';
import { CorpusFiles, ReplayFiles } from '../texts/texts';
import { UnitRate } from '../method/unitRate';
import { LogSubject } from './logSubject';
import { ResourceUse } from './resources';
import { TaskScores } from './scores';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** Of a setting; null where it has none. */
const settingValue = v.nullable(v.union([v.string(), v.number(), v.boolean()]));

/** run.json: what a run does, engine-neutral, with absolute paths and every default filled in. */
export const RunSpec = v.object({
  format: v.literal('adept.run/1'),
  createdAt: v.string(),
  /** The expanded model that is tuned (or, with `tune.full`, any model). */
  model: v.string(),
  /** Texts; without settings of their own in runs of versions that knew none, which frame documents as those did. */
  probe: CorpusFiles,
  domain: CorpusFiles,
  replay: v.optional(ReplayFiles),
  eval: v.object({ domain: v.optional(CorpusFiles), general: v.optional(CorpusFiles) }),
  engine: EngineChoice,
  /** What the engine torch was started with, where that was said. */
  ranks: v.optional(Ranks),
  dtype: v.optional(TorchDtype),
  /** An importance.json of the base model, whose units of the source layers seed the learning rates; measured when left out. */
  importance: v.optional(v.string()),
  tune: settingsSchema(TUNE_SETTINGS),
  /** What the model is asked as the run goes on; nothing when left out. */
  answers: v.optional(AnswerSettings),
  /** What it is scored by; nothing when left out. */
  evalTasks: v.optional(EvalTasks),
  /** Settings that it was resumed with, and what they were before; `tune` has them as they are now. */
  changes: v.optional(
    v.array(
      v.object({
        time: v.string(),
        settings: v.array(v.object({ name: v.string(), from: settingValue, to: settingValue })),
      }),
    ),
  ),
});
export type RunSpec = v.InferOutput<typeof RunSpec>;

/** trainer.json: the process that works on the run, and how to reach it. */
export const TrainerFile = v.object({
  format: v.literal('adept.trainer/1'),
  pid: count,
  /** Tells the process from a later one with the same number, where the system has such a thing. */
  processToken: v.optional(v.string()),
  startedAt: v.string(),
  heartbeat: v.string(),
  socket: v.nullable(v.string()),
  state: v.picklist(['running', 'ended']),
  engine: v.record(v.string(), v.unknown()),
});
export type TrainerFile = v.InferOutput<typeof TrainerFile>;

/** state.json of a checkpoint: with the two tensor files, all that the steps after it depend on. */
export const CheckpointState = v.object({
  format: v.literal('adept.checkpoint/1'),
  step: count,
  createdAt: v.string(),
  /** How many training sequences were consumed; the data order follows from it and the seed. */
  sequencesSeen: count,
  baseLearningRate: v.number(),
  /** Per-unit importance and learning rate in force, and the step at which they were measured. */
  units: v.array(UnitRate),
  unitsMeasuredAt: count,
  loss: v.nullable(v.number()),
  domainLoss: v.nullable(v.number()),
  generalLoss: v.nullable(v.number()),
  /** The forgetting limit ended the run here: no response was left. */
  gaveUp: v.optional(v.boolean()),
});
export type CheckpointState = v.InferOutput<typeof CheckpointState>;

const stamp = { seq: count, time: v.string() };

/** Why rates change where nothing is measured: the base rate was changed, or units were frozen. */
export const RATE_CAUSES = ['base rate', 'frozen'] as const;

/** One line of events.ndjson. */
export const RunEvent = v.variant('type', [
  v.object({
    ...stamp,
    type: v.literal('status'),
    status: v.picklist([
      'started',
      'resumed',
      'reading',
      'analyzing',
      'expanding',
      'tuning',
      'paused',
      'evaluating',
      'exporting',
      'stopped',
    ]),
    step: v.optional(count),
    message: v.optional(v.string()),
    engine: v.optional(v.record(v.string(), v.unknown())),
  }),
  /** How far a stage that takes long is: `fraction` of the stage, 0 to 1. */
  v.object({
    ...stamp,
    type: v.literal('progress'),
    stage: v.string(),
    fraction: v.number(),
    message: v.string(),
  }),
  v.object({
    ...stamp,
    type: v.literal('step'),
    step: count,
    loss: v.number(),
    learningRate: v.number(),
    tokensPerSecond: v.number(),
    gradNorm: v.number(),
    tensors: v.optional(count),
  }),
  v.object({
    ...stamp,
    type: v.literal('eval'),
    step: count,
    domainLoss: v.nullable(v.number()),
    generalLoss: v.nullable(v.number()),
    seconds: v.number(),
  }),
  /** What the model says to each prompt of prompts.json, in their order. */
  v.object({
    ...stamp,
    type: v.literal('answers'),
    step: count,
    answers: v.array(GivenAnswer),
    seconds: v.number(),
  }),
  /** How many questions of a task the model answers right, by each way of counting. */
  v.object({
    ...stamp,
    type: v.literal('scores'),
    step: count,
    ...TaskScores.entries,
    seconds: v.number(),
  }),
  v.object({
    ...stamp,
    type: v.literal('importance'),
    step: count,
    units: v.array(UnitRate),
    source: v.picklist(['source layers', 'added layers', 'all layers']),
    /** Why the rates changed, where nothing was measured anew. */
    why: v.optional(v.picklist(RATE_CAUSES)),
  }),
  v.object({
    ...stamp,
    type: v.literal('checkpoint'),
    step: count,
    path: v.string(),
    domainLoss: v.nullable(v.number()),
    generalLoss: v.nullable(v.number()),
  }),
  v.object({
    ...stamp,
    type: v.literal('log'),
    level: v.picklist(['info', 'warn']),
    message: v.string(),
    about: v.optional(LogSubject),
  }),
  /** What trainer and machine use, every ten seconds to a minute. */
  v.object({ ...stamp, type: v.literal('resources'), ...ResourceUse.entries }),
  v.object({ ...stamp, type: v.literal('error'), message: v.string(), step: v.optional(count) }),
  v.object({ ...stamp, type: v.literal('done'), step: count, message: v.optional(v.string()) }),
]);
export type RunEvent = v.InferOutput<typeof RunEvent>;

/** A run event before the log stamps it. */
export type NewRunEvent = RunEvent extends infer E
  ? E extends RunEvent
    ? Omit<E, 'seq' | 'time'>
    : never
  : never;

/** Names inside a run folder. */
export const RUN_FILES = {
  spec: 'run.json',
  manifest: 'manifest.json',
  importance: 'importance.json',
  events: 'events.ndjson',
  /** What the model is asked as the run goes on. */
  prompts: 'prompts.json',
  /** The questions that it is scored by. */
  tasks: 'tasks.json',
  /** What was measured step by step, for other tools; TensorBoard's file beside it has a name by the time. */
  metrics: 'metrics.csv',
  trainer: 'trainer.json',
  /** What the added layers of a checkpoint are worth, where that was measured. */
  strength: 'dial.json',
  /** What lm-evaluation-harness measured of its models. */
  harness: 'harness.json',
  checkpoints: 'checkpoints',
  /** What came after a checkpoint from which the run was resumed; nothing reads it. */
  discarded: 'discarded',
} as const;

/** Names inside a checkpoint folder. */
export const CHECKPOINT_FILES = {
  delta: 'delta.safetensors',
  optimizer: 'optimizer.safetensors',
  state: 'state.json',
  /** What a person calls the checkpoint; nothing else depends on it, and most checkpoints have none. */
  label: 'label.json',
} as const;

export const LONGEST_LABEL = 80;

/** label.json of a checkpoint. It lies in the checkpoint's folder, so that it goes where the checkpoint goes. */
export const CheckpointLabel = v.object({
  format: v.literal('adept.label/1'),
  label: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(LONGEST_LABEL)),
});
export type CheckpointLabel = v.InferOutput<typeof CheckpointLabel>;

/** `step-00000500` */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(8, '0')}`;
}

/** The step of a checkpoint's folder name; undefined when it is none. */
export function checkpointStep(name: string): number | undefined {
  const [, digits] = /^step-(\d{8,})$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

export const LOG_LEVELS = ['info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
