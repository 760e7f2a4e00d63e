import type { ImportanceFile } from '../../../shared/method/importance';
import type { ExpansionManifest } from '../../../shared/run/manifest';
import type { Naming } from '../../../shared/settings/naming';
import type { RunSpec } from '../../../shared/run/runFolder';
import { requireManifest } from '../../method/manifest';
import { inputError } from '../../../shared/common/errors';
import { ENGLISH } from '../../../shared/common/localizer';
import type { TuneSettings } from '../../../shared/settings/tuneSettings';
import type { Task } from '../../task';
import { togetherProblems } from '../../../shared/settings/tuneTogether';
import { TensorStore } from '../../safetensors/safetensors';
import { requireComputable } from '../../../node/model/modelConfig';
import { readModelFacts } from '../../../node/model/modelFacts';
import { checkTensors } from '../../checkpoint/modelTensors';
import { batchOf, type Batch } from '../../data/sequences/batch';
import type { OpenRequest } from '../../executor/requests';
import { importanceOf } from '../measure/importanceInput';
import { readCorpora, type TuneCorpora } from '../texts/tuneCorpora';

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
 * @param read its texts, where they were read already
 * @throws AdeptError (input)
 */
export async function readTuneInput(
  spec: RunSpec,
  naming: Naming,
  task: Task,
  read?: TuneCorpora,
): Promise<TuneInput> {
  const config = requireComputable(spec.model, spec.engine);
  const manifest = spec.tune.full ? undefined : requireManifest(spec.model, config);
  const store = TensorStore.open(spec.model);
  try {
    checkTensors(spec.model, config, store);
  } finally {
    store.close();
  }
  checkTogether(spec.tune, naming);
  const added = manifest?.added.map(({ layer }) => layer);
  const importance =
    spec.importance === undefined
      ? undefined
      : importanceOf(spec.importance, manifest?.base.path ?? spec.model, readModelFacts(spec.model, added));
  const corpora = read ?? (await readCorpora(spec, naming, task));
  return { spec: isLegacy(spec) ? spec : { ...spec, ...corpora.named }, manifest, importance, corpora };
}

/** How the model is opened; what is trained stays in float32. */
export function openToTune({ spec: { tune, model }, manifest }: TuneInput): OpenRequest {
  return {
    folder: model,
    trains: manifest?.added.map(({ layer }) => layer) ?? 'all',
    frozenWeights: tune.frozenWeights,
    rows: tune.batchSize * tune.seqLen,
  };
}

/** The batches of a step, from 0. */
export function batchesOfStep({ spec, corpora }: TuneInput, step: number): Batch[] {
  const { batchSize, gradAccum } = spec.tune;
  const seen = step * batchSize * gradAccum;
  return Array.from({ length: gradAccum }, (_, index) =>
    batchOf(corpora.training.take(seen + index * batchSize, batchSize)),
  );
}

/** Whether a run is of a version that knew no text settings: its documents are framed, and ordered, as they were then. */
function isLegacy({ domain }: Pick<RunSpec, 'domain'>): boolean {
  return Array.isArray(domain);
}

/** @throws AdeptError (input) for settings that together would do something else than they say. */
export function checkTogether(tune: TuneSettings, naming: Naming): void {
  const [first] = togetherProblems(tune, (key) => naming.name(key), ENGLISH);
  if (first !== undefined) {
    throw inputError(`${naming.label(`tune.${first.setting}`)}: ${first.problem}`);
  }
}
