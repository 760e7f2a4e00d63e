import { freemem } from 'node:os';
import { estimate, speedFrom, type Price } from '../../../shared/estimate/estimate';
import { firstRates, type PreviewedRate } from '../../../shared/launch/ratePreview';
import { plannedFrozenDtype } from '../../../shared/estimate/frozenDtype';
import { plannedEngine, type PlannedEngine } from '../../../shared/estimate/plan';
import type { ExpansionManifest } from '../../../shared/run/manifest';
import type { ModelConfig } from '../../../shared/model/config';
import type { FrozenDtype, FrozenWeights } from '../../../shared/settings/sharedSettings';
import type { TuneSettings } from '../../../shared/settings/tuneSettings';
import { isInTable } from '../../../shared/model/outline';
import { readModelOutline } from '../../../node/model/modelConfig';
import { readModelFacts } from '../../../node/model/modelFacts';
import { isInBfloat16 } from '../../../node/model/storedTypes';
import type { Executor } from '../../executor/executor';
import type { Task } from '../../task';
import { textFacts, type TextFacts } from '../texts/textFacts';
import { textOverlaps, type TextOverlap } from '../texts/tuneCorpora';
import type { TuneInput } from '../tune/tuneInput';
import { timeSteps } from './timedSteps';

/** What a run would take, before it starts and anything is written. */
export interface DryRun {
  readonly dryRun: true;
  readonly engine: PlannedEngine;
  readonly steps: number;
  /** Domain sequences, and how often each is seen. */
  readonly sequences: number;
  readonly epochs: number;
  /** Training sequences of general text, in all. */
  readonly replayed: number;
  readonly parametersTrained: number;
  /** Of all parameters: 0 to 1. */
  readonly trainableShare: number;
  /**
   * Peak resident memory, bytes: the estimate, or where the engine's costs are not known what steps took, all processes that
   * compute together.
   */
  readonly memoryBytes: number;
  /** By the speed in an importance.json of this engine; without one steps were timed. Null where they could not be. */
  readonly secondsPerStep: number | null;
  readonly timed: boolean;
  /** Why no step was timed, though nothing else says what it takes. */
  readonly notTimed?: string;
  /** Of all steps, without evaluations and checkpoints. */
  readonly seconds: number | null;
  /** Of every unit at the start; null where no importance.json says, and the run measures it. */
  readonly rates: readonly PreviewedRate[] | null;
  /** What was read, and the tokens that frame documents. */
  readonly texts: readonly TextFacts[];
  readonly overlaps: readonly TextOverlap[];
}

/**
 * @param executor what will compute; where no importance.json says how fast it is on this model, it takes a few steps
 * @throws AdeptError (failure) when these fail
 */
export async function dryRun(input: TuneInput, executor: Executor, task: Task): Promise<DryRun> {
  const { spec, manifest, importance, corpora } = input;
  const { tune } = spec;
  const engine = plannedEngine(executor.description) ?? 'wasm';
  const cost = await costOf(input, executor, engine, task);
  const sequences = corpora.domain.sequences.size;
  const taken = tune.steps * tune.batchSize * tune.gradAccum;
  const replayed = corpora.training.replayed(taken);
  return {
    dryRun: true,
    engine,
    steps: tune.steps,
    sequences,
    epochs: (taken - replayed) / sequences,
    replayed,
    ...cost,
    seconds: cost.secondsPerStep === null ? null : cost.secondsPerStep * tune.steps,
    rates: ratesOf(manifest, importance, tune),
    texts: textFacts(corpora),
    overlaps: await textOverlaps(corpora, task),
  };
}

type RunPrice = Pick<Price, 'parametersTrained' | 'trainableShare'> & Partial<Price>;

type Cost = Pick<
  DryRun,
  'parametersTrained' | 'trainableShare' | 'memoryBytes' | 'secondsPerStep' | 'timed' | 'notTimed'
>;

async function costOf(
  input: TuneInput,
  executor: Executor,
  engine: PlannedEngine,
  task: Task,
): Promise<Cost> {
  const { spec, importance } = input;
  const { frozenWeights } = spec.tune;
  const inBfloat16 = isInBfloat16(spec.model);
  const priced = (choice: FrozenWeights): RunPrice => {
    const analyzed = importance?.engine;
    return priceOf(input, engine, plannedFrozenDtype({ engine, choice, inBfloat16, analyzed }));
  };
  const { parametersTrained, trainableShare, memoryBytes, secondsPerStep } = priced(frozenWeights);
  const sizes = { parametersTrained, trainableShare };
  if (memoryBytes !== undefined && secondsPerStep !== undefined) {
    return { ...sizes, memoryBytes, secondsPerStep, timed: false };
  }
  // Where memory is short, matrices are kept in bfloat16 if they may be.
  const least = priced(frozenWeights === 'auto' ? 'bfloat16' : frozenWeights).memoryBytes ?? 0;
  const free = freemem();
  if (least > free) {
    const notTimed = `a step needs about ${megabytes(least)}, and ${megabytes(free)} of memory are free`;
    return { ...sizes, memoryBytes: least, secondsPerStep: null, timed: false, notTimed };
  }
  const measured = await timeSteps(input, executor, task);
  const known = priceOf(input, engine, measured.frozen).memoryBytes;
  return {
    ...sizes,
    memoryBytes: known ?? measured.memoryBytes,
    secondsPerStep: measured.secondsPerStep,
    timed: true,
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

/** Of a family that the architecture table does not have only the sizes are known. */
function priceOf(
  { spec: { tune, model }, manifest, importance }: TuneInput,
  engine: PlannedEngine,
  frozen: FrozenDtype,
): RunPrice {
  const expanded = readModelOutline(model);
  if (!isInTable(expanded)) {
    const { parameters } = readModelFacts(model);
    const added = tune.full ? undefined : manifest?.added.map(({ layer }) => layer);
    const parametersTrained = parameters - (added ? readModelFacts(model, added).parameters : 0);
    return { parametersTrained, trainableShare: parametersTrained / parameters };
  }
  const config = manifest === undefined ? expanded : baseConfig(expanded, manifest);
  return estimate({
    ...{ config, tune, engine, frozen },
    expanded: manifest?.added.map(({ source }) => source) ?? [],
    speed: importance && speedFrom(importance, config),
  });
}

function ratesOf(
  manifest: TuneInput['manifest'],
  importance: TuneInput['importance'],
  tune: TuneSettings,
): readonly PreviewedRate[] | null {
  if (manifest === undefined || importance === undefined) {
    return null;
  }
  const preview = firstRates(
    importance,
    manifest.added.map(({ source }) => source),
    tune,
  );
  return preview.known ? preview.rates : null;
}

/** The model that was expanded, as its config.json described it. */
function baseConfig(config: ModelConfig, { base, added }: ExpansionManifest): ModelConfig {
  const copies = new Set(added.map(({ layer }) => layer));
  return {
    ...config,
    numHiddenLayers: base.layers,
    slidingWindows: config.slidingWindows.filter((_, layer) => !copies.has(layer)),
  };
}
