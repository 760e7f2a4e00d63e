import { join, resolve } from 'node:path';
import { EXPANSION_MANIFEST, type ExpansionManifest } from '../../../shared/run/manifest';
import { inputError, messageOf } from '../../../shared/common/errors';
import { expandConfig } from '../../method/expandConfig';
import { readManifest, requireManifest } from '../../method/manifest';
import { checkCheckpoint, openPart } from '../../checkpoint/checkpoint';
import { writeJson } from '../../../node/files/jsonFile';
import { fillFolder } from '../../../node/files/outputFolder';
import { recordExport } from '../../../node/run/runExports';
import type { RunFolder } from '../../../node/run/runFolder';
import { fusedSources } from '../../safetensors/fusedSources';
import { TensorStore } from '../../safetensors/safetensors';
import {
  float32Source,
  storedSource,
  writeSafetensors,
  type TensorSource,
} from '../../safetensors/safetensorsWriter';
import { parseLayerTensorName, renumberedTensor } from '../../../shared/model/architecture';
import { isBeyondLayers, type ModelOutline } from '../../../shared/model/outline';
import { storedUnits } from '../../../shared/model/storedUnits';
import { readModelOutline, writeModelConfig } from '../../../node/model/modelConfig';
import { copyOtherFiles } from '../../../node/model/otherFiles';
import { checkTensors, isTiedTo, trainedTensors } from '../../checkpoint/modelTensors';
import { yieldToEventLoop, type Task } from '../../task';

export interface ExportRequest {
  readonly out: string;
  /** The last checkpoint when left out. */
  readonly step?: number | undefined;
  /** Scale of the added layers' outputs, 0 to 1; 0 is the original model. */
  readonly alpha?: number | undefined;
  /** Added layers, as the tuned model numbers them, that the exported model does without. */
  readonly drop?: readonly number[] | undefined;
}

export interface ExportResult {
  readonly out: string;
  readonly step: number;
  readonly alpha: number;
  readonly dropped: readonly number[];
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
  const config = readModelOutline(spec.model);
  const alpha = request.alpha ?? 1;
  const drop = request.drop ?? [];
  const added = spec.tune.full
    ? undefined
    : requireManifest(spec.model, config).added.map(({ layer }) => layer);
  if ((alpha !== 1 || drop.length > 0) && added === undefined) {
    throw inputError(
      `${alpha === 1 ? '--drop' : '--alpha'}: ${run.path} tuned every parameter, so there are no added layers: leave it out.`,
    );
  }
  const unknownLayer = drop.find((layer) => added?.includes(layer) !== true);
  if (unknownLayer !== undefined) {
    throw inputError(
      `--drop: layer ${unknownLayer} was not added by this run: only ${(added ?? []).join(', ')} can be left out.`,
    );
  }
  const base = TensorStore.open(spec.model);
  try {
    checkTensors(spec.model, config, base);
    checkCheckpoint(run, step, trainedTensors(config, base, added), false);
    const delta = openPart(run, step, 'delta');
    try {
      const scaled = outputTensors(config, base, added ?? [], alpha);
      const layers = Array.from({ length: config.numHiddenLayers }, (_, layer) => layer);
      const kept = layers.filter((layer) => !drop.includes(layer));
      const plan = { ...request, model: spec.model, config, base, delta, scaled, kept };
      const counts = await fillFolder(request.out, '--out', () => writeExport(plan, task));
      const made = { out: resolve(request.out), step, alpha, dropped: drop };
      note(run, made, task);
      return { ...made, ...counts };
    } finally {
      delta.close();
    }
  } finally {
    base.close();
  }
}

/** The run's folder says which models came of it; where it cannot, the model is there all the same. */
function note(
  run: RunFolder,
  made: Pick<ExportResult, 'out' | 'step' | 'alpha' | 'dropped'>,
  task: Task,
): void {
  try {
    recordExport(run.path, { ...made, dropped: [...made.dropped], createdAt: new Date().toISOString() });
  } catch (error) {
    task.log?.(`the run does not list this export: ${messageOf(error)}`);
  }
}

interface ExportPlan {
  readonly model: string;
  readonly config: ModelOutline;
  readonly out: string;
  readonly base: TensorStore;
  readonly delta: TensorStore;
  /** Tensors that alpha scales. */
  readonly scaled: ReadonlyMap<string, Scaling>;
  /** Layers of the tuned model, in order: what the exported one consists of. */
  readonly kept: readonly number[];
}

async function writeExport(
  { model, config, out, base, delta, scaled, kept }: ExportPlan,
  task: Task,
): Promise<Pick<ExportResult, 'trained' | 'frozen'>> {
  task.report(0, 'writing the exported weights');
  await yieldToEventLoop(task);
  // A projection that is saved again beside the embedding it is tied to would contradict a trained embedding.
  const names = [...base.entries.keys()].filter(
    (name) => !isTiedTo(config, name) && keptName(config, name, kept) !== undefined,
  );
  const sources = names.map((name) => ({
    ...exportedTensor(base, delta, name, scaled.get(name)),
    name: keptName(config, name, kept) ?? name,
  }));
  writeSafetensors(join(out, 'model.safetensors'), fusedSources(config.raw, sources), {
    ...base.metadata,
    format: 'pt',
  });
  copyOtherFiles(model, out);
  const manifest = readManifest(model);
  const whole = kept.length === config.numHiddenLayers;
  if (manifest) {
    writeJson(join(out, EXPANSION_MANIFEST), whole ? manifest : manifestWithout(config, manifest, kept));
  }
  const raw = whole
    ? config.raw
    : expandConfig(
        config,
        kept.map((source) => ({ source, added: false })),
      );
  writeModelConfig(model, out, raw);
  task.report(1, 'exported');
  const trained = names.filter((name) => delta.entries.has(name)).length;
  return { trained, frozen: names.length - trained };
}

/** A tensor's name in a model that consists of these layers; undefined where its layer is none of them. */
function keptName(config: ModelOutline, name: string, kept: readonly number[]): string | undefined {
  const layered = parseLayerTensorName(name);
  if (layered === undefined) {
    return name;
  }
  if (isBeyondLayers(config, layered.layer)) {
    return renumberedTensor(name, layered.layer - config.numHiddenLayers + kept.length);
  }
  const layer = kept.indexOf(layered.layer);
  return layer < 0 ? undefined : renumberedTensor(name, layer);
}

/** The manifest of a model that consists of these layers of the described one. */
function manifestWithout(
  config: ModelOutline,
  manifest: ExpansionManifest,
  kept: readonly number[],
): ExpansionManifest {
  return {
    ...manifest,
    layers: kept.length,
    added: manifest.added
      .filter(({ layer }) => kept.includes(layer))
      .map((entry) => ({
        ...entry,
        layer: kept.indexOf(entry.layer),
        sourceLayer: kept.indexOf(entry.sourceLayer),
      })),
    zeroed: manifest.zeroed.flatMap((name) => keptName(config, name, kept) ?? []),
    // It was measured of another model.
    equivalence: null,
  };
}

/** How a tensor is scaled: zero + α·(value − zero), where at `zero` it writes nothing. */
interface Scaling {
  readonly alpha: number;
  readonly zero: number;
}

/** The tensors through which these layers write into the residual stream, where α is not 1. */
function outputTensors(
  config: ModelOutline,
  store: TensorStore,
  layers: readonly number[],
  alpha: number,
): Map<string, Scaling> {
  if (alpha === 1) {
    return new Map();
  }
  const units = storedUnits(config, store.entries.values());
  const outputs = layers.flatMap((layer) => units[layer] ?? []).filter(({ output }) => output);
  return new Map(
    outputs.flatMap(({ zero, tensors }) =>
      tensors.map(({ name }) => [name, { alpha, zero: name.endsWith('.weight') ? zero : 0 }] as const),
    ),
  );
}

function exportedTensor(
  base: TensorStore,
  delta: TensorStore,
  name: string,
  scaling: Scaling | undefined,
): TensorSource {
  const entry = delta.entries.get(name);
  if (entry === undefined) {
    return storedSource(base, name);
  }
  if (scaling === undefined) {
    return storedSource(delta, name);
  }
  const { alpha, zero } = scaling;
  return float32Source(
    name,
    entry.shape,
    delta.readFloat32(name).map((value) => zero + alpha * (value - zero)),
  );
}
