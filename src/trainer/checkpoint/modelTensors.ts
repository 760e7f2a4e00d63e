import { join } from 'node:path';
import { inputError } from '../../shared/common/errors';
import { requireReadable, type TensorStore } from '../safetensors/safetensors';
import {
  isBalancingBias,
  isDerivedBuffer,
  layerTensorName,
  OUTER_TENSORS,
  parseLayerTensorName,
  readsText,
  tensorsOfUnit,
  unitsOf,
} from '../../shared/model/architecture';
import type { ModelConfig } from '../../shared/model/config';
import { isBeyondLayers, isInTable, type ModelOutline } from '../../shared/model/outline';
import { storedUnits } from '../../shared/model/storedUnits';

/** Every tensor that this architecture has, by checkpoint name, with its shape. */
export function expectedTensors(config: ModelConfig): Map<string, readonly number[]> {
  const embedding = [config.vocabSize, config.hiddenSize];
  const tensors = new Map<string, readonly number[]>([
    [OUTER_TENSORS.embedding, embedding],
    [OUTER_TENSORS.norm, [config.hiddenSize]],
  ]);
  if (!config.tieWordEmbeddings) {
    tensors.set(OUTER_TENSORS.head, embedding);
  }
  const units = unitsOf(config).flatMap(tensorsOfUnit);
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    for (const { unit, part, shape } of units) {
      tensors.set(layerTensorName(layer, unit, part), shape);
    }
  }
  return tensors;
}

/** The tensors that a run trains, with their shapes: those of the added layers, or all that read and write text. */
export function trainedTensors(
  config: ModelOutline,
  store: Pick<TensorStore, 'entries'>,
  added: readonly number[] | undefined,
): Map<string, readonly number[]> {
  const stored = [...store.entries.values()]
    .filter(({ name }) => !isDerivedBuffer(name) && !isBalancingBias(name) && !isTiedTo(config, name))
    .map(({ name, shape }) => [name, shape] as const);
  const layerOf = (name: string): number => parseLayerTensorName(name)?.layer ?? -1;
  return new Map(
    stored.filter(([name]) =>
      added === undefined
        ? readsText(name) && !isBeyondLayers(config, layerOf(name))
        : added.includes(layerOf(name)),
    ),
  );
}

/** Whether a tensor is the projection that a saver wrote again beside the embedding that it is. */
export function isTiedTo({ tieWordEmbeddings }: ModelOutline, name: string): boolean {
  return tieWordEmbeddings && (name === OUTER_TENSORS.head || name.endsWith(`.${OUTER_TENSORS.head}`));
}

/**
 * Checks that the folder's weights are those of its config.json: of a family of the architecture table exactly, of others as
 * far as every layer has tensors that can be read.
 * @throws AdeptError (input) naming the tensor: missing, of another shape or type, or claimed by nothing.
 */
export function checkTensors(folder: string, config: ModelOutline, store: TensorStore): void {
  if (isInTable(config)) {
    checkKnownTensors(folder, config, store);
    return;
  }
  const layers = storedUnits(config, store.entries.values());
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
  const expected = expectedTensors(config);
  for (const [name, shape] of expected) {
    const entry = store.entries.get(name);
    if (entry === undefined) {
      throw inputError(
        `${folder}: tensor "${name}" is missing, which config.json calls for: download the model again.`,
      );
    }
    if (entry.shape.join() !== shape.join()) {
      throw inputError(
        `${entry.file}: tensor "${name}" has shape [${entry.shape.join(', ')}], config.json calls for [${shape.join(', ')}]: correct the file that is wrong.`,
      );
    }
    requireReadable(entry);
  }
  for (const name of store.entries.keys()) {
    if (!expected.has(name) && !isDerivedBuffer(name) && !isTiedHead(name, folder, config, store)) {
      throw inputError(
        `${join(folder, 'config.json')}: a ${config.family} model has no tensor "${name}": give the config.json that belongs to these weights.`,
      );
    }
  }
}

/** Some savers write the tied projection again; that is harmless as long as it is the embedding. */
function isTiedHead(name: string, folder: string, config: ModelConfig, store: TensorStore): boolean {
  if (name !== OUTER_TENSORS.head || !config.tieWordEmbeddings) {
    return false;
  }
  const embedding = store.chunks(OUTER_TENSORS.embedding)[Symbol.iterator]();
  for (const chunk of store.chunks(OUTER_TENSORS.head)) {
    const other = embedding.next();
    if (other.done === true || Buffer.compare(chunk, other.value) !== 0) {
      throw inputError(
        `${join(folder, 'config.json')}: "tie_word_embeddings" is true, but lm_head.weight differs from model.embed_tokens.weight: set it to false.`,
      );
    }
  }
  return true;
}
