import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { EXPANSION_MANIFEST, type ExpansionManifest } from '../../shared/run/manifest';
import { writeFileAtomic } from '../../node/files/atomicFile';
import { sha256OfFile } from '../../node/files/contentHash';
import { readError } from '../../node/files/fileError';
import { writeJson } from '../../node/files/jsonFile';
import { fillFolder } from '../../node/files/outputFolder';
import { TensorStore } from '../safetensors/safetensors';
import { sha256OfTensor } from '../safetensors/checksum';
import {
  storedSource,
  writeSafetensors,
  zeroSource,
  type TensorSource,
} from '../safetensors/safetensorsWriter';
import {
  layerTensorName,
  parseLayerTensorName,
  tensorsOfUnit,
  unitsOf,
} from '../../shared/model/architecture';
import { DEFAULT_MAX_WINDOW_LAYERS, FAMILIES } from '../../shared/model/families';
import type { ModelConfig } from '../../shared/model/config';
import { readModelConfig } from '../../node/model/modelConfig';
import { checkTensors } from '../checkpoint/modelTensors';
import { yieldToEventLoop, type Task } from '../task';

/** Where a layer of the expanded model comes from, and whether it is an added copy. */
export interface PlacedLayer {
  readonly source: number;
  readonly added: boolean;
}

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

/**
 * config.json of the expanded model: the number of layers, and every key that speaks of layers one by one. A copy gets
 * what its source has.
 */
export function expandConfig(config: ModelConfig, placed: readonly PlacedLayer[]): Record<string, unknown> {
  const before = config.numHiddenLayers;
  const next: Record<string, unknown> = { ...config.raw, num_hidden_layers: placed.length };
  for (const [key, value] of Object.entries(config.raw)) {
    if (Array.isArray(value) && value.length === before && isPerLayer(key)) {
      next[key] = placed.map(({ source }) => value[source] as unknown);
    }
  }
  const firstWindowed = firstWindowedLayer(config);
  if (firstWindowed !== undefined) {
    // Layers from here up have the window: those below it, with their copies, stay without.
    next.max_window_layers =
      firstWindowed >= before
        ? firstWindowed + placed.length - before
        : placed.filter(({ source }) => source < firstWindowed).length;
  }
  return next;
}

/** `max_window_layers` where it says something: spelt out, or the default that a longer model would fall under. */
function firstWindowedLayer(config: ModelConfig): number | undefined {
  const given = config.raw.max_window_layers;
  if (typeof given === 'number') {
    return given;
  }
  const windowed = config.slidingWindows.some((window) => window !== undefined);
  const byDefault =
    FAMILIES[config.family].slidingWindow === 'layers' && !Array.isArray(config.raw.layer_types);
  return byDefault && (windowed || config.raw.use_sliding_window === true)
    ? DEFAULT_MAX_WINDOW_LAYERS
    : undefined;
}

/** Lists with one entry per layer; others may have as many entries by chance (`architectures`, token ids). */
function isPerLayer(key: string): boolean {
  return /layer|window|attention/.test(key);
}

export interface ExpansionRequest {
  readonly model: string;
  readonly out: string;
  /** Base layers to copy, in order. */
  readonly layers: readonly number[];
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
  const config = readModelConfig(request.model);
  const store = TensorStore.open(request.model);
  try {
    checkTensors(request.model, config, store);
    return await fillFolder(request.out, '--out', async () =>
      verify(await writeExpansion(request, config, store, task)),
    );
  } finally {
    store.close();
  }
}

async function writeExpansion(
  request: ExpansionRequest,
  config: ModelConfig,
  store: TensorStore,
  task: Task,
): Promise<ExpansionManifest> {
  const placed = placeLayers(config.numHiddenLayers, request.layers);
  const { sources, zeroed } = expandedTensors(config, store, placed);
  task.report(0, 'writing the expanded weights');
  await yieldToEventLoop(task);
  writeSafetensors(join(request.out, 'model.safetensors'), sources, store.metadata);
  task.report(0.6, 'hashing the source');
  const manifest = await describeExpansion(request, config, store, placed, zeroed);
  copyAuxiliaryFiles(request.model, request.out);
  writeJson(join(request.out, EXPANSION_MANIFEST), manifest);
  // Last: a folder without config.json is no model, so an interrupted expansion cannot be taken for a whole one.
  writeJson(join(request.out, 'config.json'), expandConfig(config, placed));
  task.report(1, 'expanded');
  return manifest;
}

function expandedTensors(
  config: ModelConfig,
  store: TensorStore,
  placed: readonly PlacedLayer[],
): { sources: TensorSource[]; zeroed: string[] } {
  const outside = [...store.entries.keys()].filter((name) => parseLayerTensorName(name) === undefined);
  const sources = outside.map((name) => storedSource(store, name));
  const zeroed: string[] = [];
  for (const [layer, { source, added }] of placed.entries()) {
    for (const unit of unitsOf(config)) {
      for (const { part } of tensorsOfUnit(unit)) {
        const from = layerTensorName(source, unit.name, part);
        const to = layerTensorName(layer, unit.name, part);
        const entry = store.entries.get(from);
        if (added && unit.output && entry) {
          zeroed.push(to);
          sources.push(zeroSource(to, entry.dtype, entry.shape));
        } else {
          sources.push(storedSource(store, from, to));
        }
      }
    }
  }
  return { sources, zeroed };
}

async function describeExpansion(
  request: ExpansionRequest,
  config: ModelConfig,
  store: TensorStore,
  placed: readonly PlacedLayer[],
  zeroed: string[],
): Promise<ExpansionManifest> {
  const files: Record<string, string> = {};
  for (const file of [join(request.model, 'config.json'), ...store.files]) {
    files[basename(file)] = await sha256OfFile(file);
  }
  const added = placed.flatMap(({ source, added: isAdded }, layer) =>
    isAdded ? [{ layer, source, sourceLayer: layer - 1, sourceHash: layerHash(config, store, source) }] : [],
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
function layerHash(config: ModelConfig, store: TensorStore, layer: number): string {
  const hash = createHash('sha256');
  for (const { unit, part } of unitsOf(config).flatMap(tensorsOfUnit)) {
    hash.update(sha256OfTensor(store, layerTensorName(layer, unit, part)));
  }
  return hash.digest('hex');
}

/** Tokenizer and generation files, whatever they are called; weights and config.json are written anew. */
export function copyAuxiliaryFiles(from: string, to: string): void {
  for (const name of readdirSync(from)) {
    const file = join(from, name);
    const isAuxiliaryFile = /\.(json|txt|model|jinja|md)$|^LICENSE/i.test(name) && statSync(file).isFile();
    if (
      isAuxiliaryFile &&
      name !== 'config.json' &&
      name !== EXPANSION_MANIFEST &&
      !name.endsWith('.safetensors.index.json')
    ) {
      copyFile(file, join(to, name));
    }
  }
}

function copyFile(from: string, to: string): void {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(from);
  } catch (error) {
    throw readError(from, 'a model folder whose files can be read', error);
  }
  writeFileAtomic(to, bytes);
}
