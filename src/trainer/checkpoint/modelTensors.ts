import { join } from 'node:path';
import { inputError } from '../../shared/common/errors';
import { requireReadable, type TensorStore } from '../safetensors/safetensors';
import {
  isBalancingBias,
  layerTensorName,
  OUTER_TENSORS,
  outerTensors,
  parseLayerTensorName,
  readsText,
  tensorsOfUnit,
  UNIT_NAMES,
  unitsOf,
} from '../../shared/model/architecture';
import type { ModelConfig } from '../../shared/model/config';
import { isBeyondLayers, isInTable, type ModelOutline } from '../../shared/model/outline';
import type { TensorEntry } from '../../shared/model/safetensorsHeader';
import { storedUnits, unitNameOf } from '../../shared/model/storedUnits';
import { isUnread } from '../../shared/model/unreadTensors';

/** Every tensor that this architecture has, by checkpoint name, with its shape. */
export function expectedTensors(config: ModelConfig): Map<string, readonly number[]> {
  const embedding = [config.vocabSize, config.hiddenSize];
  const names = outerTensors(config.names);
  const tensors = new Map<string, readonly number[]>([
    [names.embedding, embedding],
    [names.norm, [config.hiddenSize]],
  ]);
  if (!config.tieWordEmbeddings) {
    tensors.set(names.head, embedding);
  }
  const units = unitsOf(config).flatMap(tensorsOfUnit);
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    for (const { unit, part, shape } of units) {
      tensors.set(layerTensorName(config.names, layer, unit, part), shape);
    }
  }
  return tensors;
}

/**
 * The stored tensors that the model is made of, in the order of the files: of a family of the architecture table those that it
 * has, of others all but what transformers leaves out. A projection that is stored again beside its embedding is none.
 */
export function readTensors(config: ModelOutline, store: Pick<TensorStore, 'entries'>): TensorEntry[] {
  const expected = isInTable(config) ? expectedTensors(config) : undefined;
  return [...store.entries.values()].filter(({ name }) =>
    expected === undefined ? !isUnread(name, config) && !isTiedTo(config, name) : expected.has(name),
  );
}

/** The names of the others, which transformers leaves out as well. */
export function unreadTensors(config: ModelOutline, store: Pick<TensorStore, 'entries'>): string[] {
  const read = new Set(readTensors(config, store).map(({ name }) => name));
  return [...store.entries.keys()].filter((name) => !read.has(name) && !isTiedTo(config, name));
}

/** The tensors that a run trains, with their shapes: those of the added layers, or all that read and write text. */
export function trainedTensors(
  config: ModelOutline,
  store: Pick<TensorStore, 'entries'>,
  added: readonly number[] | undefined,
): Map<string, readonly number[]> {
  const layerOf = (name: string): number => parseLayerTensorName(name)?.layer ?? -1;
  return new Map(
    readTensors(config, store)
      .filter(
        ({ name }) =>
          !isBalancingBias(name) && (added === undefined ? readsText(name) : added.includes(layerOf(name))),
      )
      .map(({ name, shape }) => [name, shape]),
  );
}

/** Whether a tensor is the projection that a saver wrote again beside the embedding that it is. */
export function isTiedTo({ tieWordEmbeddings }: ModelOutline, name: string): boolean {
  return tieWordEmbeddings && (name === OUTER_TENSORS.head || name.endsWith(`.${OUTER_TENSORS.head}`));
}

/**
 * Checks that the folder's weights are those of its config.json: of a family of the architecture table every tensor, of others as
 * far as every layer has tensors that can be read. What transformers leaves out is let be: {@link unreadTensors}.
 * @throws AdeptError (input) naming the tensor: missing, of another shape or type, or of a unit without it.
 */
export function checkTensors(folder: string, config: ModelOutline, store: TensorStore): void {
  if (isInTable(config)) {
    checkKnownTensors(folder, config, store);
    return;
  }
  const layers = storedUnits(config, readTensors(config, store));
  for (const unit of layers.flat()) {
    for (const { name } of unit.tensors) {
      requireReadable(store.entry(name));
    }
  }
  const empty = layers.findIndex((units) => units.length === 0);
  if (layers.length !== config.numHiddenLayers || empty >= 0) {
    throw inputError(
      `${folder}: config.json has ${config.numHiddenLayers} layers, the weights have ${empty >= 0 ? `none of layer ${empty}` : layers.length}: download the model again.`,
    );
  }
}

function checkKnownTensors(folder: string, config: ModelConfig, store: TensorStore): void {
  checkTiedHead(folder, config, store);
  const expected = expectedTensors(config);
  for (const [name, shape] of expected) {
    const entry = store.entries.get(name);
    if (entry === undefined) {
      throw missingTensor(folder, name, store);
    }
    if (entry.shape.join() !== shape.join()) {
      throw inputError(
        `${entry.file}: tensor "${name}" has shape [${entry.shape.join(', ')}], config.json calls for [${shape.join(', ')}]: correct the file that is wrong.`,
      );
    }
    requireReadable(entry);
  }
  for (const name of store.entries.keys()) {
    if (isOfKnownUnit(name, config) && !expected.has(name)) {
      throw inputError(
        `${join(folder, 'config.json')}: a ${config.family} model has no tensor "${name}": give the config.json that belongs to these weights.`,
      );
    }
  }
}

function missingTensor(folder: string, name: string, store: TensorStore): Error {
  const isDecoderAlone = name === OUTER_TENSORS.head && store.entries.has(OUTER_TENSORS.norm);
  return inputError(
    `${folder}: tensor "${name}" is missing, which config.json calls for: ${isDecoderAlone ? 'AutoModel saves a model without it, AutoModelForCausalLM saves all of it' : 'download the model again'}.`,
  );
}

/**
 * Whether a tensor is of a unit that some family has, in a layer of the decoder: where this model's has none, config.json and
 * weights are not of one model, and transformers would leave a bias or a norm out that the weights were trained with.
 */
function isOfKnownUnit(name: string, config: ModelConfig): boolean {
  const parsed = parseLayerTensorName(name);
  const unit = parsed && unitNameOf(parsed.rest);
  return (
    parsed !== undefined &&
    !isBeyondLayers(config, parsed.layer) &&
    UNIT_NAMES.some((known) => known === unit) &&
    /\.(weight|bias)$/.test(name)
  );
}

/** Some savers write the tied projection again; that is harmless as long as it is the embedding. */
function checkTiedHead(folder: string, config: ModelConfig, store: TensorStore): void {
  const names = outerTensors(config.names);
  if (!config.tieWordEmbeddings || !store.entries.has(names.head)) {
    return;
  }
  const embedding = store.chunks(names.embedding)[Symbol.iterator]();
  for (const chunk of store.chunks(names.head)) {
    const other = embedding.next();
    if (other.done === true || Buffer.compare(chunk, other.value) !== 0) {
      throw inputError(
        `${join(folder, 'config.json')}: "tie_word_embeddings" is true, but ${names.head} differs from ${names.embedding}: set it to false.`,
      );
    }
  }
}
