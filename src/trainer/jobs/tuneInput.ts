import type { ImportanceFile } from '../../shared/importance';
import type { ExpansionManifest } from '../../shared/manifest';
import type { Naming } from '../../shared/naming';
import type { RunSpec } from '../../shared/runFolder';
import { requireManifest } from '../adept/manifest';
import { TensorStore } from '../checkpoint/safetensors';
import { readModelConfig } from '../../node/modelConfig';
import { checkTensors } from '../model/loadTensors';
import { readImportance } from './importanceInput';
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
  const importance = spec.importance === undefined ? undefined : readImportance(spec.importance);
  return { spec, manifest, importance, corpora: readCorpora(spec, naming) };
}
