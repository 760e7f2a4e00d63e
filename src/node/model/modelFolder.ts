import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readModelFacts } from './modelFacts';
import { readStoredTensors } from './storedTensors';

/** What a model's folder says of it without reading a tensor. */
export interface ModelSummary {
  readonly family: string;
  readonly layers: number;
  /** Of the model; tied embeddings count once. */
  readonly parameters: number;
  /** The types they are stored in, for example `BF16`. */
  readonly dtypes: readonly string[];
  /** Of the weight files. */
  readonly bytes: number;
}

/** Whether a folder holds a config.json and weights, usable or not. */
export function looksLikeModel(folder: string): boolean {
  const names = namesIn(folder);
  return names.includes('config.json') && names.some((name) => name.endsWith('.safetensors'));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // What cannot be listed is no model folder; whoever names it explicitly is told why.
    return [];
  }
}

/**
 * Reads config.json and the headers of the weights.
 * @throws AdeptError (input) naming the file and what is wrong with it.
 */
export function readModelSummary(folder: string): ModelSummary {
  const { family, layers, parameters } = readModelFacts(folder);
  const tensors = readStoredTensors(folder);
  const files = new Set(tensors.map(({ file }) => file));
  return {
    ...{ family, layers, parameters },
    dtypes: [...new Set(tensors.map(({ dtype }) => dtype))].sort(),
    bytes: [...files].reduce((sum, file) => sum + statSync(file).size, 0),
  };
}

/** Of a model whose headers can be read; undefined of one that is told elsewhere what is wrong with it. */
export function parametersOf(folder: string | undefined): number | undefined {
  try {
    return folder === undefined ? undefined : readModelSummary(folder).parameters;
  } catch {
    return undefined;
  }
}

/** The model folders in `folder`, itself included, down to `depth` levels below it. */
export function findModels(folder: string, depth: number): string[] {
  if (looksLikeModel(folder)) {
    return [folder];
  }
  return depth === 0
    ? []
    : foldersIn(folder)
        .filter((name) => !name.startsWith('.') && name !== 'node_modules')
        .flatMap((name) => findModels(join(folder, name), depth - 1));
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .sort();
  } catch {
    // As above.
    return [];
  }
}
