import { join, resolve } from 'node:path';
import { EXPANSION_MANIFEST } from '../../shared/manifest';
import { inputError } from '../../shared/errors';
import { CHECKPOINT_FILES } from '../../shared/runFolder';
import { copyCompanions } from '../adept/expansion';
import { readManifest } from '../adept/manifest';
import { ensureEmptyFolder } from '../../node/atomicFile';
import { checkpointFolder, readCheckpointState } from '../checkpoint/checkpoint';
import { writeJson } from '../../node/jsonFile';
import type { RunFolder } from '../../node/runFolder';
import {
  float32Source,
  storedSource,
  TensorStore,
  writeSafetensors,
  type TensorSource,
} from '../checkpoint/safetensors';
import { layerTensorName, OUTER_TENSORS, tensorsOfUnit, unitsOf } from '../../shared/model/architecture';
import type { ModelConfig } from '../../shared/model/config';
import { readModelConfig } from '../model/config';
import { breathe, type Task } from '../task';

export interface ExportRequest {
  readonly out: string;
  /** The last checkpoint when left out. */
  readonly step?: number | undefined;
  /** Scale of the added layers' outputs, 0 to 1; 0 is the original model. */
  readonly alpha?: number | undefined;
}

export interface ExportResult {
  readonly out: string;
  readonly step: number;
  readonly alpha: number;
  readonly trained: number;
  readonly frozen: number;
}

/**
 * Writes a Hugging Face folder: frozen tensors byte for byte as in the source, trained ones in float32 from the
 * checkpoint, so that the exported model computes what the trainer did.
 */
export async function exportModel(run: RunFolder, request: ExportRequest, task: Task): Promise<ExportResult> {
  const spec = run.readSpec();
  const step = request.step ?? run.checkpoints().at(-1);
  if (step === undefined) {
    throw inputError(`${run.file('checkpoints')} has no checkpoint to export: let the run save one first.`);
  }
  readCheckpointState(run, step);
  const config = readModelConfig(spec.model);
  const alpha = request.alpha ?? 1;
  const manifest = readManifest(spec.model);
  if (alpha !== 1 && (spec.tune.full || manifest === undefined)) {
    throw inputError(
      `--alpha: ${run.path} tuned every parameter, so there are no added layers to scale: leave it out.`,
    );
  }
  ensureEmptyFolder(request.out, '--out');
  const base = TensorStore.open(spec.model);
  const delta = TensorStore.openFile(join(checkpointFolder(run, step), CHECKPOINT_FILES.delta));
  try {
    task.report(0, 'writing the exported weights');
    await breathe(task);
    const scaled =
      alpha === 1
        ? new Set<string>()
        : outputTensors(config, manifest?.added.map(({ layer }) => layer) ?? []);
    // A projection that is saved again beside the embedding it is tied to would contradict a trained embedding.
    const names = [...base.entries.keys()].filter(
      (name) => !(config.tieWordEmbeddings && name === OUTER_TENSORS.head),
    );
    const sources = names.map((name) => exportedTensor(base, delta, name, scaled.has(name) ? alpha : 1));
    writeSafetensors(join(request.out, 'model.safetensors'), sources, { format: 'pt', ...base.metadata });
    copyCompanions(spec.model, request.out);
    if (manifest) {
      writeJson(join(request.out, EXPANSION_MANIFEST), manifest);
    }
    writeJson(join(request.out, 'config.json'), config.raw);
    const trained = [...delta.entries.keys()].filter((name) => base.entries.has(name)).length;
    task.report(1, 'exported');
    return { out: resolve(request.out), step, alpha, trained, frozen: names.length - trained };
  } finally {
    base.close();
    delta.close();
  }
}

/** Names of the tensors through which these layers write into the residual stream. */
function outputTensors(config: ModelConfig, layers: readonly number[]): Set<string> {
  const outputs = unitsOf(config)
    .filter(({ output }) => output)
    .flatMap(tensorsOfUnit);
  return new Set(
    layers.flatMap((layer) => outputs.map(({ unit, part }) => layerTensorName(layer, unit, part))),
  );
}

function exportedTensor(base: TensorStore, delta: TensorStore, name: string, factor: number): TensorSource {
  const entry = delta.entries.get(name);
  if (entry === undefined) {
    return storedSource(base, name);
  }
  return factor === 1
    ? storedSource(delta, name)
    : float32Source(
        name,
        entry.shape,
        delta.readFloat32(name).map((value) => value * factor),
      );
}
