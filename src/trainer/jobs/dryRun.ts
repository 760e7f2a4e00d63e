import { estimate, speedFrom } from '../../shared/estimate';
import type { PlannedEngine } from '../../shared/estimate/plan';
import type { ExpansionManifest } from '../../shared/manifest';
import type { ModelConfig } from '../../shared/model/config';
import { readModelConfig } from '../../node/modelConfig';
import type { TuneInput } from './tuneInput';

/** What a run would take, before anything is computed or written. */
export interface DryRun {
  readonly dryRun: true;
  readonly engine: PlannedEngine;
  readonly steps: number;
  /** Training sequences, and how often each is seen. */
  readonly sequences: number;
  readonly epochs: number;
  readonly parametersTrained: number;
  /** Of all parameters: 0 to 1. */
  readonly trainableShare: number;
  /** Peak resident memory, bytes. */
  readonly memoryBytes: number;
  /** Null where no importance.json says how fast this engine is on this model. */
  readonly secondsPerStep: number | null;
  /** Of all steps, without evaluations and checkpoints. */
  readonly seconds: number | null;
}

/** @param engine what will compute */
export function dryRun({ spec, manifest, importance, corpora }: TuneInput, engine: PlannedEngine): DryRun {
  const { tune, model } = spec;
  const expanded = readModelConfig(model);
  const config = manifest === undefined ? expanded : baseConfig(expanded, manifest);
  const price = estimate({
    config,
    expanded: manifest?.added.map(({ source }) => source) ?? [],
    tune,
    engine,
    speed: importance && speedFrom(importance, config),
  });
  const { parametersTrained, trainableShare, memoryBytes, secondsPerStep = null } = price;
  const sequences = corpora.domain.sequences.length;
  return {
    dryRun: true,
    engine,
    steps: tune.steps,
    sequences,
    epochs: (tune.steps * tune.batchSize * tune.gradAccum) / sequences,
    parametersTrained,
    trainableShare,
    memoryBytes,
    secondsPerStep,
    seconds: secondsPerStep === null ? null : secondsPerStep * tune.steps,
  };
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
