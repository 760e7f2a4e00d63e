import { TensorStore } from '../../safetensors/safetensors';
import { longestDocument, type Batch } from '../../data/sequences/batch';
import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import {
  layerTensorName,
  outerTensors,
  tensorsOfUnit,
  unitsOf,
  type UnitName,
  type UnitSpec,
} from '../../../shared/model/architecture';
import { attentionContext, disposeAttentionContext, type AttentionContext } from './attentionContext';
import { blockForward, type Block } from './block';
import { attentionDocuments, disposeDocuments, type AttentionDocuments } from './documentTensors';
import type { ModelConfig } from '../../../shared/model/config';
import { dependsOnLength } from '../../../shared/model/ropeConfig';
import { headChunkRows } from '../../../shared/model/headChunk';
import { layersInBfloat16 } from '../../../shared/model/layersInBfloat16';
import { readModelConfig } from '../../../node/model/modelConfig';
import { headLogits, headLosses, type Head } from './head';
import { targetsOf } from '../../data/sequences/targets';
import type { FrozenStorage } from '../../executor/results';
import { chooseStorage, type StorageRequest } from './frozenStorage';
import { KeptFew } from './keptFew';
import { checkTensors } from '../../checkpoint/modelTensors';
import { eachTensor, type LayerTensors, type UnitTensors } from './weights';

// Rope tables and masks of this many sequence lengths are kept, and the documents of this many batches; corpora of
// unequal rows bring many.
const CONTEXTS_KEPT = 4;

/** Hidden states, [B·T, D], as they enter a layer. */
export interface CachedActivations {
  readonly layer: number;
  input(batch: Batch): Tensor;
}

/** A decoder-only transformer whose weights lie on the engine, in float32. */
export class CausalLM {
  /** What every layer is made of. */
  readonly units: readonly UnitSpec[];
  private readonly contexts = new KeptFew<string, AttentionContext>(CONTEXTS_KEPT, disposeAttentionContext);
  private readonly documents = new KeptFew<Batch, AttentionDocuments>(CONTEXTS_KEPT, (documents) => {
    disposeDocuments(this.engine, documents);
  });

  private constructor(
    readonly engine: Engine,
    readonly folder: string,
    readonly config: ModelConfig,
    readonly blocks: readonly Block[],
    /** [V, D]; with tied embeddings the head's projection is this same object. */
    readonly embedding: UnitTensors,
    readonly head: Head,
    /** How the matrices of frozen layers are kept. */
    readonly storage: FrozenStorage,
  ) {
    this.units = unitsOf(config);
  }

  /**
   * Loads a Hugging Face folder, tensor by tensor.
   * @throws AdeptError (input) when config.json and the weights do not fit each other or are not supported.
   */
  static load(
    engine: Engine,
    folder: string,
    onLayer: (layer: number, layers: number) => void = () => undefined,
    request: StorageRequest = ALL_FLOAT32,
  ): CausalLM {
    const config = readModelConfig(folder);
    const store = TensorStore.open(folder);
    try {
      checkTensors(folder, config, store);
      const load = (name: string, shape: readonly number[]): Tensor =>
        engine.keep(engine.tensor(store.readFloat32(name), shape));
      const stored = layersInBfloat16(config, (name) => store.entry(name).dtype);
      const storage = chooseStorage({ engine, config, stored }, request);
      const { bfloat16Storage } = engine;
      const loadBfloat16 = (name: string, shape: readonly number[]): Tensor => {
        const [rows = 0, columns = 0] = shape;
        return bfloat16Storage && shape.length === 2
          ? engine.keep(bfloat16Storage.pack(store.readBytes(name), rows, columns))
          : load(name, shape);
      };
      const names = outerTensors(config.names);
      const outer = [config.vocabSize, config.hiddenSize];
      const embedding = { weight: load(names.embedding, outer) };
      const head: Head = {
        norm: { weight: load(names.norm, [config.hiddenSize]) },
        projection: config.tieWordEmbeddings ? embedding : { weight: load(names.head, outer) },
        config,
      };
      const blocks = config.slidingWindows.map((slidingWindow, layer): Block => {
        onLayer(layer, config.numHiddenLayers);
        const packed = storage.dtype === 'bfloat16' && request.frozen(layer);
        const rope = config.ropes[layer];
        return { slidingWindow, rope, tensors: loadLayer(config, layer, packed ? loadBfloat16 : load) };
      });
      return new CausalLM(engine, folder, config, blocks, embedding, head, storage);
    } finally {
      store.close();
    }
  }

  /** What all layers share for this batch's shape and documents. Owned by the model, which keeps it for a few batches more. */
  context(batch: Batch): AttentionContext {
    const { engine, config } = this;
    const { length } = batch;
    const depends = config.ropes.some((rope) => rope !== undefined && dependsOnLength(rope));
    const longest = depends ? longestDocument(batch) : length;
    const context = this.contexts.get(`${length} ${longest}`, () =>
      attentionContext(engine, config, batch.batch, { length, longest }),
    );
    const documents =
      batch.documentStarts &&
      this.documents.get(batch, () => attentionDocuments(engine, batch, context.fused !== undefined));
    return { ...context, batch: batch.batch, ...documents };
  }

  /** Token embeddings, scaled where the family scales them, [B·T, D]. */
  embed({ tokens }: Batch): Tensor {
    const { engine, config } = this;
    return engine.tidy(() => {
      const rows = engine.gather(this.embedding.weight, engine.indices(tokens, [tokens.length]));
      return config.embeddingScale === 1 ? rows : engine.scale(rows, config.embeddingScale);
    });
  }

  /** Hidden states after layers `from` (inclusive) to `to` (exclusive), [B·T, D]. `hiddenStates` stays the caller's. */
  run(context: AttentionContext, hiddenStates: Tensor, from = 0, to = this.blocks.length): Tensor {
    let current = this.engine.clone(hiddenStates);
    for (const block of this.blocks.slice(from, to)) {
      const next = blockForward(context, block, current);
      this.engine.dispose(current);
      current = next;
    }
    return current;
  }

  /** Hidden states before the final norm, [B·T, D]. */
  hiddenStates(batch: Batch): Tensor {
    return this.engine.tidy(() => this.run(this.context(batch), this.embed(batch)));
  }

  /** Logits of the named rows of [B·T], row-major [n, V]; of every row when none are named. */
  logits(batch: Batch, rows?: Int32Array): Float32Array {
    const wanted = rows ?? Int32Array.from({ length: batch.tokens.length }, (_, row) => row);
    return this.engine.tidy(() =>
      this.engine.read(headLogits(this.engine, this.head, this.hiddenStates(batch), wanted)),
    );
  }

  /** The same from one forward pass in pieces, each of which fits beside the model. */
  *logitPieces(batch: Batch, rows: Int32Array): Generator<Float32Array> {
    const { engine, head } = this;
    const piece = headChunkRows(this.config.vocabSize);
    const hiddenStates = engine.keep(this.hiddenStates(batch));
    try {
      for (let begin = 0; begin < rows.length; begin += piece) {
        const wanted = rows.subarray(begin, begin + piece);
        yield engine.tidy(() => engine.read(headLogits(engine, head, hiddenStates, wanted)));
      }
    } finally {
      engine.dispose(hiddenStates);
    }
  }

  /**
   * Negative log-likelihood of every predicted position, nats.
   * @param known what enters a layer, where that is known without computing what lies below
   */
  losses(batch: Batch, known?: CachedActivations): Float32Array {
    return this.engine.tidy(() => {
      // First: what computes it may need other batches' contexts, and few are kept.
      const input = known?.input(batch);
      const hiddenStates =
        known && input ? this.run(this.context(batch), input, known.layer) : this.hiddenStates(batch);
      return headLosses(this.engine, this.head, hiddenStates, targetsOf(batch));
    });
  }

  dispose(): void {
    this.contexts.clear();
    this.documents.clear();
    const outer = new Set([this.embedding.weight, this.head.norm.weight, this.head.projection.weight]);
    this.engine.dispose(...outer);
    for (const block of this.blocks) {
      this.engine.dispose(...[...eachTensor(block.tensors)].map(({ tensor }) => tensor));
    }
  }
}

const ALL_FLOAT32: StorageRequest = { choice: 'float32', rows: 1, frozen: () => false };

function loadLayer(
  config: ModelConfig,
  layer: number,
  load: (name: string, shape: readonly number[]) => Tensor,
): LayerTensors {
  const units: Partial<Record<UnitName, UnitTensors>> = {};
  for (const unit of unitsOf(config)) {
    const tensors: Partial<UnitTensors> = {};
    for (const { part, shape } of tensorsOfUnit(unit)) {
      tensors[part] = load(layerTensorName(config.names, layer, unit.name, part), shape);
    }
    units[unit.name] = tensors as UnitTensors;
  }
  // The table names every unit of the family, so the record is whole.
  return units as LayerTensors;
}
