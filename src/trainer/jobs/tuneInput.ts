import type { ExpansionManifest } from '../../shared/manifest';
import type { RunSpec } from '../../shared/runFolder';
import { requireManifest } from '../adept/manifest';
import { TensorStore } from '../checkpoint/safetensors';
import { readModelConfig } from '../model/config';
import { checkTensors } from '../model/loadTensors';
import { readCorpora, type TuneCorpora } from './tuneCorpora';

export interface TuneInput {
  readonly spec: RunSpec;
  /** What was added; undefined when every parameter is trained. */
  readonly manifest: ExpansionManifest | undefined;
  readonly corpora: TuneCorpora;
}

/**
 * Reads and checks everything a run depends on before anything is written or computed, so that bad input leaves no
 * half-made run folder behind.
 * @throws AdeptError (input)
 */
export function readTuneInput(spec: RunSpec): TuneInput {
  const config = readModelConfig(spec.model);
  const manifest = spec.tune.full ? undefined : requireManifest(spec.model, config);
  const store = TensorStore.open(spec.model);
  try {
    checkTensors(spec.model, config, store);
  } finally {
    store.close();
  }
  return { spec, manifest, corpora: readCorpora(spec) };
}
