import { processMemory } from './memory';
import {
  isPriced,
  plannedEngine,
  plannedModel,
  type MeasuredSpeed,
  type Plan,
  type PricedPlan,
} from './plan';
import { analysisWork, evaluationWork, flopsOf, forwardWork, refreshWork, stepWork, type Work } from './work';
import type { ImportanceFile } from '../method/importance';
import type { ModelConfig } from '../model/config';

export type { MeasuredSpeed, Plan, PlannedEngine } from './plan';

/** What a plan costs, before anything runs. `npm run bench:estimator` holds it against measurements. */
export interface Price {
  readonly parametersAdded: number;
  readonly parametersTrained: number;
  /** Of all parameters, with those that are added: 0 to 1. */
  readonly trainableShare: number;
  /** Peak resident memory of the trainer, bytes; undefined where the engine's costs are not known. */
  readonly memoryBytes: number | undefined;
  /** Undefined where no speed was measured on the plan's engine, its costs are not known, or nothing would be trained. */
  readonly secondsPerStep: number | undefined;
  /** Time of a forward pass of the expanded model, relative to the base model's. */
  readonly inferenceFactor: number;
}

/** A price with a memory. */
export type KnownPrice = Price & { readonly memoryBytes: number };

/** The price of a plan. */
export function estimate(plan: PricedPlan): KnownPrice;
export function estimate(plan: Plan): Price;
export function estimate(plan: Plan): Price {
  const { parameters, parametersAdded, parametersTrained } = plannedModel(plan);
  return {
    parametersAdded,
    parametersTrained,
    trainableShare: parametersTrained / parameters,
    memoryBytes: isPriced(plan) ? processMemory(plan) : undefined,
    secondsPerStep: secondsPerStep(plan),
    inferenceFactor: inferenceFactor(plan),
  };
}

function secondsPerStep(plan: Plan): number | undefined {
  if (!isPriced(plan)) {
    return undefined;
  }
  const { engine, speed } = plan;
  const work = stepWork(plan);
  if (speed === undefined || work === undefined || (speed.engine ?? engine) !== engine) {
    return undefined;
  }
  return flopsOf(work, engine) / speed.flopsPerSecond;
}

/** What a run does between its steps. */
export interface BetweenSteps {
  readonly evaluations: number;
  /** Of both texts together. */
  readonly evaluatedSequences: number;
  readonly refreshes: number;
  readonly probeSequences: number;
}

/** Seconds of what a run does between its steps; undefined where no speed is known. */
export function secondsBetweenSteps(
  plan: Plan,
  { evaluations, evaluatedSequences, refreshes, probeSequences }: BetweenSteps,
): { readonly evaluations: number; readonly refreshes: number } | undefined {
  const { engine, speed, tune } = plan;
  if (!isPriced(plan) || speed === undefined || (speed.engine ?? engine) !== engine) {
    return undefined;
  }
  const size = (batch: number): { batch: number; length: number } => ({ batch, length: tune.seqLen });
  const refresh = refreshWork(plan, size(probeSequences));
  const seconds = (times: number, work: Work | undefined): number =>
    work === undefined ? 0 : (times * flopsOf(work, plan.engine)) / speed.flopsPerSecond;
  return {
    evaluations: seconds(evaluations, evaluationWork(plan, size(evaluatedSequences))),
    refreshes: seconds(refreshes, refresh),
  };
}

/** (L + k)/L where the head costs nothing; the head's share, which stays as it is, brings it nearer to 1. */
function inferenceFactor(plan: Plan): number {
  const { config, tune } = plan;
  const sequence = { batch: 1, length: tune.seqLen };
  // Products are the same on every engine.
  const flops = (layers: number): number => forwardWork(config, sequence, layers, 'native').matMul;
  return flops(plannedModel(plan).layers) / flops(config.numHiddenLayers);
}

/**
 * How fast the machine of an analysis computes, from what stage 1 had to compute and how long it took.
 * @returns undefined where the file does not say, describes a model of another depth, or the engine's costs are not known
 */
export function speedFrom(importance: ImportanceFile, config: ModelConfig): MeasuredSpeed | undefined {
  const engine = plannedEngine(importance.engine);
  const { mode, probe, timing, layers } = importance;
  const seconds = timing.layersSeconds + timing.unitsSeconds;
  if (
    engine === undefined ||
    engine === 'torch' ||
    probe.sequences === 0 ||
    layers.length !== config.numHiddenLayers
  ) {
    return undefined;
  }
  const size = { batch: probe.sequences, length: probe.tokens / probe.sequences };
  const work = analysisWork(config, size, mode, engine);
  const flopsPerSecond = flopsOf(work, engine) / seconds;
  return Number.isFinite(flopsPerSecond) && flopsPerSecond > 0 ? { flopsPerSecond, engine } : undefined;
}
