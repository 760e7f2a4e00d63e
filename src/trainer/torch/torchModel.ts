import { resolve } from 'node:path';
import type * as v from 'valibot';
import { makeBatch, type Batch } from '../data/sequences/batch';
import type { Model } from '../executor/executor';
import type {
  CacheRequest,
  MemoryLimit,
  NextWanted,
  Reuse,
  RowReading,
  StepRequest,
  UnitRequest,
} from '../executor/requests';
import type {
  FrozenStorage,
  LayerChanges,
  MaskedLosses,
  NextTokens,
  ProcessMemory,
  StepResult,
  TrainedTensor,
  UnitSums,
} from '../executor/results';
import { onlyToken } from '../executor/onlyToken';
import { SILENT_TASK, type Task } from '../task';
import { targetCount } from '../data/sequences/targets';
import { batchArrays, batchHeader } from './batchMessage';
import type { OpenedModel } from './openedModel';
import type { TorchProcess } from './process/torchProcess';
import type { CallRequest, CallResult } from './wire/connection';
import { arrayOf, PlainResult, StepResult as StepReply } from './wire/messages';

type Asked = Omit<CallRequest<typeof PlainResult>, 'verb' | 'result' | 'task'> & { readonly task?: Task };

export interface TorchModelParts extends OpenedModel {
  readonly storage: FrozenStorage;
  readonly cache: CacheRequest | undefined;
}

/** A model that the ranks hold. Every question is one call; they loop, add up and decide nothing of the method. */
export class TorchModel implements Model {
  readonly config: OpenedModel['config'];
  readonly readsAhead = 1;
  readonly units: OpenedModel['units'];
  readonly perLayer: OpenedModel['perLayer'];
  readonly storage: FrozenStorage;
  readonly trained: readonly TrainedTensor[];
  private closed = false;
  /** Whether what trained layers write is scaled. */
  private scaled = false;

  constructor(
    private readonly rank0: Pick<TorchProcess, 'call'>,
    private readonly parts: TorchModelParts,
  ) {
    ({ config: this.config, units: this.units, perLayer: this.perLayer } = parts);
    ({ storage: this.storage, trained: this.trained } = parts);
  }

  async losses(batch: Batch, { reuse }: Reuse): Promise<Float32Array> {
    const result = await this.ask('losses', about(batch, { reuse }));
    return arrayOf(result, 'losses', 'float32', [targetCount(batch)]);
  }

  async maskedLosses(batch: Batch, limit: MemoryLimit | undefined, task: Task): Promise<MaskedLosses> {
    const scratch = limit === undefined ? null : resolve(limit.folder);
    const asked = about(batch, { memory: limit?.bytes ?? null, scratch });
    const result = await this.ask('maskedLosses', { ...asked, task });
    return {
      targets: arrayOf(result, 'targets', 'int32', [batch.batch]),
      sums: arrayOf(result, 'sums', 'float64', [this.layers + 1, batch.batch]),
    };
  }

  async layerChanges(batch: Batch): Promise<LayerChanges> {
    const result = await this.ask('layerChanges', about(batch));
    return {
      losses: arrayOf(result, 'losses', 'float32', [targetCount(batch)]),
      sums: arrayOf(result, 'sums', 'float64', [this.layers, batch.batch]),
    };
  }

  async unitSums(batch: Batch, request: UnitRequest, { reuse }: Reuse): Promise<UnitSums> {
    const { layers, definition, groups } = request;
    const asked = about(batch, {
      ...{ reuse, layers, definition },
      groups: groups.map(({ unit, along, bounds }) => ({ unit, along, bounds: [...bounds] })),
    });
    const result = await this.ask('unitSums', asked);
    const { columns } = this.parts;
    const said = arrayOf(result, 'sums', 'float64', [layers.length, columns.length]);
    const sums = layers.flatMap((_, row) =>
      columns.map((column) => said[row * columns.length + column] ?? NaN),
    );
    return {
      sums: Float64Array.from(sums),
      groups: groups.map(({ bounds }, index) =>
        arrayOf(result, `groups.${index}`, 'float64', [layers.length, bounds.length - 1]),
      ),
    };
  }

  async logits(batch: Batch, rows: Int32Array): Promise<Float32Array> {
    const { arrays, ...asked } = about(batch);
    const result = await this.ask('logits', {
      ...asked,
      arrays: { ...arrays, rows: { values: rows, shape: [rows.length] } },
    });
    return arrayOf(result, 'logits', 'float32', [rows.length, this.config.vocabSize]);
  }

  async topTokens(batch: Batch): Promise<Int32Array> {
    return arrayOf(await this.ask('topTokens', about(batch)), 'tokens', 'int32', [targetCount(batch)]);
  }

  async ranks(batch: Batch, tokens: Int32Array): Promise<Int32Array> {
    const { arrays, ...asked } = about(batch);
    const result = await this.ask('ranks', {
      ...asked,
      arrays: { ...arrays, targets: { values: tokens, shape: [tokens.length] } },
    });
    return arrayOf(result, 'ranks', 'int32', [targetCount(batch)]);
  }

  async prefill(prompts: readonly Int32Array[], wanted: NextWanted): Promise<NextTokens> {
    const { tokens, lengths, batch, length } = makeBatch(prompts);
    return this.nextTokens(
      'prefill',
      { tokens: { values: tokens, shape: [batch, length] }, lengths: { values: lengths, shape: [batch] } },
      batch,
      wanted,
    );
  }

  async decode(readings: readonly RowReading[], wanted: NextWanted): Promise<NextTokens> {
    const shape = [readings.length];
    const tokens = Int32Array.from(readings, onlyToken);
    const rows = Int32Array.from(readings, ({ row }) => row);
    const arrays = { tokens: { values: tokens, shape }, rows: { values: rows, shape } };
    return this.nextTokens('decode', arrays, tokens.length, wanted);
  }

  async endDecoding(): Promise<void> {
    await this.ask('endDecoding', {});
  }

  async step(request: StepRequest): Promise<StepResult> {
    await this.endStrength();
    const { batches, step, rates, frozen, clipAt, weightDecay, betas, epsilon, reuse } = request;
    const result = await this.call('step', StepReply, {
      parameters: {
        ...{ batches: batches.map(batchHeader), step, clipAt, weightDecay, betas, epsilon, frozen, reuse },
      },
      arrays: {
        ...Object.fromEntries(
          batches.flatMap((batch, index) => Object.entries(batchArrays(batch, `.${index}`))),
        ),
        rates: { values: rates, shape: [rates.length] },
      },
    });
    const [loss = NaN, gradNorm = NaN] = arrayOf(result, 'numbers', 'float64', [2]);
    return { loss, gradNorm, tokens: result.fields.tokens };
  }

  async setStrength(alpha: ReadonlyMap<number, number>): Promise<void> {
    const scaled = [...alpha].filter(([, value]) => value !== 1);
    this.scaled ||= scaled.length > 0;
    await this.ask('setStrength', { parameters: { alpha: scaled } });
    this.scaled = scaled.length > 0;
  }

  async saveTrained(folder: string): Promise<void> {
    await this.endStrength();
    await this.ask('saveTrained', { parameters: { folder: resolve(folder) } });
  }

  async loadTrained(folder: string, { moments }: { readonly moments: boolean }): Promise<void> {
    await this.endStrength();
    await this.ask('loadTrained', { parameters: { folder: resolve(folder), moments } });
  }

  async memory(): Promise<ProcessMemory> {
    const result = await this.ask('memory', {});
    const [now = NaN, peak = NaN] = arrayOf(result, 'bytes', 'float64', [2]);
    return { now, peak };
  }

  async close(): Promise<void> {
    await this.ask('closeModel', {});
    this.closed = true;
  }

  private get layers(): number {
    return this.config.numHiddenLayers;
  }

  /** What is saved, loaded and trained is what was trained. */
  private async endStrength(): Promise<void> {
    if (this.scaled) {
      await this.setStrength(new Map());
    }
  }

  private async nextTokens(
    verb: 'prefill' | 'decode',
    arrays: Required<Asked>['arrays'],
    rows: number,
    wanted: NextWanted,
  ): Promise<NextTokens> {
    const result = await this.ask(verb, { parameters: { logits: wanted === 'logits' }, arrays });
    const top = arrayOf(result, 'top', 'int32', [rows]);
    return wanted === 'top'
      ? { top }
      : { top, logits: arrayOf(result, 'logits', 'float32', [rows, this.config.vocabSize]) };
  }

  private ask(verb: string, asked: Asked): Promise<CallResult<v.InferOutput<typeof PlainResult>>> {
    return this.call(verb, PlainResult, asked);
  }

  private async call<const S extends typeof PlainResult | typeof StepReply>(
    verb: string,
    result: S,
    { task = SILENT_TASK, ...asked }: Asked,
  ): Promise<CallResult<v.InferOutput<S>>> {
    if (this.closed) {
      throw new Error('A model that was closed is asked for something.');
    }
    const answer = await this.rank0.call({ verb, result, task, ...asked });
    const { problem } = answer.fields;
    if (problem !== undefined) {
      this.parts.cache?.onProblem(problem);
    }
    return answer;
  }
}

/** A question about one batch. */
function about(
  batch: Batch,
  parameters: Readonly<Record<string, unknown>> = {},
): Required<Pick<Asked, 'parameters' | 'arrays'>> {
  return { parameters: { batch: batchHeader(batch), ...parameters }, arrays: batchArrays(batch) };
}
