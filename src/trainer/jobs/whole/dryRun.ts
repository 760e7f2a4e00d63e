import { estimate, speedFrom, type Price } from '../../../shared/estimate/estimate';
import { firstRates, type PreviewedRate } from '../../../shared/launch/ratePreview';
import type { PlannedEngine } from '../../../shared/estimate/plan';
import type { ExpansionManifest } from '../../../shared/run/manifest';
import type { ModelConfig } from '../../../shared/model/config';
import type { TuneSettings } from '../../../shared/settings/tuneSettings';
import { tableConfig } from '../../../shared/model/outline';
import { readModelOutline } from '../../../node/model/modelConfig';
import { readModelFacts } from '../../../node/model/modelFacts';
import type { Task } from '../../task';
import { textFacts, type TextFacts } from '../texts/textFacts';
import { textOverlaps, type TextOverlap } from '../texts/tuneCorpora';
import type { TuneInput } from '../tune/tuneInput';

/** What a run would take, before anything is computed or written. */
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
  /** Peak resident memory, bytes; null where the engine's costs are not known. */
  readonly memoryBytes: number | null;
  /** Null where no importance.json says how fast this engine is on this model. */
  readonly secondsPerStep: number | null;
  /** Of all steps, without evaluations and checkpoints. */
  readonly seconds: number | null;
  /** Of every unit at the start; null where no importance.json says, and the run measures it. */
  readonly rates: readonly PreviewedRate[] | null;
  /** What was read, and the tokens that frame documents. */
  readonly texts: readonly TextFacts[];
  readonly overlaps: readonly TextOverlap[];
}

/** @param engine what will compute */
export async function dryRun(
  { spec, manifest, importance, corpora }: TuneInput,
  engine: PlannedEngine,
  task: Task,
): Promise<DryRun> {
  const { tune } = spec;
  const price = priceOf({ spec, manifest, importance }, engine);
  const { parametersTrained, trainableShare, memoryBytes = null, secondsPerStep = null } = price;
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
    parametersTrained,
    trainableShare,
    memoryBytes,
    secondsPerStep,
    seconds: secondsPerStep === null ? null : secondsPerStep * tune.steps,
    rates: ratesOf(manifest, importance, tune),
    texts: textFacts(corpora),
    overlaps: await textOverlaps(corpora, task),
  };
}

/** Of a family that the architecture table does not have only the sizes are known. */
function priceOf(
  { spec: { tune, model }, manifest, importance }: Pick<TuneInput, 'spec' | 'manifest' | 'importance'>,
  engine: PlannedEngine,
): Pick<Price, 'parametersTrained' | 'trainableShare'> & Partial<Price> {
  const expanded = tableConfig({ ...readModelOutline(model).raw }, model);
  if (expanded === undefined) {
    const { parameters } = readModelFacts(model);
    const added = tune.full ? undefined : manifest?.added.map(({ layer }) => layer);
    const parametersTrained = parameters - (added ? readModelFacts(model, added).parameters : 0);
    return { parametersTrained, trainableShare: parametersTrained / parameters };
  }
  const config = manifest === undefined ? expanded : baseConfig(expanded, manifest);
  return estimate({
    config,
    expanded: manifest?.added.map(({ source }) => source) ?? [],
    tune,
    engine,
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
