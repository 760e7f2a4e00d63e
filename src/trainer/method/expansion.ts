import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { EXPANSION_MANIFEST, type ExpansionManifest } from '../../shared/run/manifest';
import { sha256OfFile } from '../../node/files/contentHash';
import { writeJson } from '../../node/files/jsonFile';
import { fillFolder } from '../../node/files/outputFolder';
import { fusedSources } from '../safetensors/fusedSources';
import { requireReadable, TensorStore } from '../safetensors/safetensors';
import { sha256OfTensor } from '../safetensors/checksum';
import { writeModelWeights } from '../safetensors/modelWriter';
import { storedSource, constantSource, type TensorSource } from '../safetensors/safetensorsWriter';
import { isDerivedBuffer, parseLayerTensorName, renumberedTensor } from '../../shared/model/architecture';
import type { ModelOutline } from '../../shared/model/outline';
import { storedUnits, type StoredUnit } from '../../shared/model/storedUnits';
import { readModelOutline, writeModelConfig } from '../../node/model/modelConfig';
import { copyOtherFiles } from '../../node/model/otherFiles';
import { checkTensors, readTensors } from '../checkpoint/modelTensors';
import { reportUnread } from '../checkpoint/unreadReport';
import { expandConfig, type PlacedLayer } from './expandConfig';
import type { Model } from '../executor/executor';
import { subtask, type Task } from '../task';

/** Every chosen layer is followed by its copy. */
export function placeLayers(layers: number, chosen: readonly number[]): PlacedLayer[] {
  const copies = new Set(chosen);
  return Array.from({ length: layers }, (_, source): PlacedLayer[] =>
    copies.has(source)
      ? [
          { source, added: false },
          { source, added: true },
        ]
      : [{ source, added: false }],
  ).flat();
}

export interface ExpansionRequest {
  readonly model: string;
  readonly out: string;
  /** Base layers to copy, in order. */
  readonly layers: readonly number[];
  /** Keys with one value a layer that config.json leaves out, as an executor fills them in: {@link Model.perLayer}. */
  readonly perLayer?: Model['perLayer'] | undefined;
}

/**
 * Writes the expanded model: each chosen layer's copy directly after it, its output projections zero (FPI), every
 * other byte as in the source. The manifest is written without an equivalence; `verify` may add it, and when it fails
 * nothing of the expanded model is left.
 * @throws AdeptError (input) when the output folder is not empty or the model is not usable.
 */
export async function expandModel(
  request: ExpansionRequest,
  task: Task,
  verify: (manifest: ExpansionManifest) => Promise<ExpansionManifest> = (manifest) =>
    Promise.resolve(manifest),
): Promise<ExpansionManifest> {
  const config = readModelOutline(request.model);
  const store = TensorStore.open(request.model);
  try {
    checkTensors(request.model, config, store);
    reportUnread(request.model, config, task);
    return await fillFolder(request.out, '--out', async () =>
      verify(await writeExpansion(request, config, store, task)),
    );
  } finally {
    store.close();
  }
}

async function writeExpansion(
  request: ExpansionRequest,
  config: ModelOutline,
  store: TensorStore,
  task: Task,
): Promise<ExpansionManifest> {
  const placed = placeLayers(config.numHiddenLayers, request.layers);
  const units = storedUnits(config, readTensors(config, store));
  const { sources, zeroed } = expandedTensors(config, units, store, placed);
  const fused = fusedSources(config.raw, sources);
  await writeModelWeights(request.out, fused, store.metadata, subtask(task, 0, 0.6));
  task.report(0.6, 'hashing the source');
  const manifest = await describeExpansion(request, config, { store, units }, placed, zeroed);
  copyOtherFiles(request.model, request.out);
  writeJson(join(request.out, EXPANSION_MANIFEST), manifest);
  // Last: a folder without config.json is no model, so an interrupted expansion cannot be taken for a whole one.
  writeModelConfig(request.model, request.out, expandConfig(config, placed, request.perLayer));
  task.report(1, 'expanded');
  return manifest;
}

function expandedTensors(
  config: ModelOutline,
  units: readonly (readonly StoredUnit[])[],
  store: TensorStore,
  placed: readonly PlacedLayer[],
): { sources: TensorSource[]; zeroed: string[] } {
  const carried = carriedTensors(units, store);
  const sources = [...carried].flatMap(([name, layer]) => {
    if (layer === undefined) {
      return [storedSource(store, name)];
    }
    // Above the decoder's layers stays above them; what belongs to a layer goes with every copy.
    return layer >= config.numHiddenLayers
      ? [storedSource(store, name, renumberedTensor(name, layer - config.numHiddenLayers + placed.length))]
      : placed.flatMap(({ source }, to) =>
          source === layer ? [storedSource(store, name, renumberedTensor(name, to))] : [],
        );
  });
  const zeroed: string[] = [];
  for (const [layer, { source, added }] of placed.entries()) {
    for (const { output, zero, tensors } of units[source] ?? []) {
      for (const { name: from } of tensors) {
        const to = renumberedTensor(from, layer);
        if (added && output) {
          const entry = store.entry(from);
          zeroed.push(to);
          // A bias adds nothing at 0, whatever the weight does.
          sources.push(
            constantSource(to, requireReadable(entry), entry.shape, from.endsWith('.weight') ? zero : 0),
          );
        } else {
          sources.push(storedSource(store, from, to));
        }
      }
    }
  }
  return { sources, zeroed };
}

/** The tensors that are of no unit, with their layers where they have one. */
function carriedTensors(
  units: readonly (readonly StoredUnit[])[],
  store: TensorStore,
): Map<string, number | undefined> {
  const ofUnits = new Set(units.flat().flatMap(({ tensors }) => tensors.map(({ name }) => name)));
  const names = [...store.entries.keys()].filter((name) => !ofUnits.has(name));
  return new Map(
    names.flatMap((name) => {
      const layer = parseLayerTensorName(name)?.layer;
      return layer !== undefined && isDerivedBuffer(name) ? [] : [[name, layer] as const];
    }),
  );
}

async function describeExpansion(
  request: ExpansionRequest,
  config: ModelOutline,
  { store, units }: { readonly store: TensorStore; readonly units: readonly (readonly StoredUnit[])[] },
  placed: readonly PlacedLayer[],
  zeroed: string[],
): Promise<ExpansionManifest> {
  const files: Record<string, string> = {};
  for (const file of [join(request.model, 'config.json'), ...store.files]) {
    files[basename(file)] = await sha256OfFile(file);
  }
  const added = placed.flatMap(({ source, added: isAdded }, layer) =>
    isAdded
      ? [{ layer, source, sourceLayer: layer - 1, sourceHash: layerHash(units[source] ?? [], store) }]
      : [],
  );
  return {
    format: 'adept.manifest/1',
    createdAt: new Date().toISOString(),
    base: { path: resolve(request.model), family: config.family, layers: config.numHiddenLayers, files },
    layers: placed.length,
    added,
    zeroed,
    equivalence: null,
  };
}

/** sha256 over the layer's tensors' own hashes, in the order of the architecture table. */
function layerHash(units: readonly StoredUnit[], store: TensorStore): string {
  const hash = createHash('sha256');
  for (const { name } of units.flatMap(({ tensors }) => tensors)) {
    hash.update(sha256OfTensor(store, name));
  }
  return hash.digest('hex');
}
