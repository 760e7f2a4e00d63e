import type { ImportanceFile } from '../../shared/importance';
import type { ExpansionManifest } from '../../shared/manifest';
import type { Naming } from '../../shared/naming';
import type { RunSpec } from '../../shared/runFolder';
import { requireManifest } from '../adept/manifest';
import { inputError } from '../../shared/errors';
import type { TuneSettings } from '../../shared/settings';
import { TensorStore } from '../checkpoint/safetensors';
import { readModelConfig } from '../../node/modelConfig';
import { checkTensors } from '../model/loadTensors';
import { importanceOf } from './importanceInput';
import { readCorpora, type TuneCorpora } from './tuneCorpora';

export interface TuneInput {
  readonly spec: RunSpec;
  /** What was added; undefined when every parameter is trained. */
  readonly manifest: ExpansionManifest | undefined;
  /** Of the base model, where it was measured before. */
  readonly importance: ImportanceFile | undefined;
  readonly corpora: TuneCorpora;
}

/**
 * Reads and checks everything a run depends on before anything is written or computed, so that bad input leaves no
 * half-made run folder behind.
 * @throws AdeptError (input)
 */
export function readTuneInput(spec: RunSpec, naming: Naming): TuneInput {
  const config = readModelConfig(spec.model);
  const manifest = spec.tune.full ? undefined : requireManifest(spec.model, config);
  const store = TensorStore.open(spec.model);
  try {
    checkTensors(spec.model, config, store);
  } finally {
    store.close();
  }
  checkTogether(spec.tune, naming);
  const base = manifest?.base ?? { path: spec.model, family: config.family, layers: config.numHiddenLayers };
  const importance = spec.importance === undefined ? undefined : importanceOf(spec.importance, base);
  return { spec, manifest, importance, corpora: readCorpora(spec, naming) };
}

/** Settings that are good by themselves, and together would do something else than they say. @throws AdeptError (input) */
export function checkTogether(tune: TuneSettings, naming: Naming): void {
  const { rateFloor, rateCap, unitRates, maxGeneralRise, onGeneralRise } = tune;
  if (rateFloor > rateCap) {
    throw inputError(
      `${naming.label('tune.rateFloor')}: ${rateFloor} is more than ${naming.name('tune.rateCap')}, ${rateCap}: lower it.`,
    );
  }
  if (maxGeneralRise !== undefined && onGeneralRise === 'freeze' && unitRates === 'equal') {
    throw inputError(
      `${naming.label('tune.onGeneralRise')}: "freeze" goes by the units' importance, which is not measured with ${naming.name('tune.unitRates')} "equal": choose another.`,
    );
  }
}
