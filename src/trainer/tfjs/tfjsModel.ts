import { modelUnits, type ModelUnit } from '../../shared/model/modelUnits';
import { peakMemory } from '../../node/process/peakMemory';
import { readTrained, writeTrained } from '../checkpoint/trainedFiles';
import { reportUnread } from '../checkpoint/unreadReport';
import type { Batch } from '../data/sequences/batch';
import type { Model } from '../executor/executor';
import { OneCall } from '../executor/oneCall';
import type {
  MemoryLimit,
  NextWanted,
  OpenRequest,
  Reuse,
  RowReading,
  StepRequest,
  UnitRequest,
} from '../executor/requests';
import type {
  LayerChanges,
  MaskedLosses,
  NextTokens,
  ProcessMemory,
  StepResult,
  TrainedTensor,
  UnitSums,
} from '../executor/results';
import type { Task } from '../task';
import { activationCache, type ActivationCache } from './cache/activationCache';
import type { Engine } from './engine/engine';
import { Decoding } from './generation/decoding';
import { layerChanges } from './measure/layerChanges';
import { maskedLosses } from './measure/maskedLosses';
import { ranks, topTokens } from './measure/topTokens';
import { unitSums } from './measure/unitSums';
import { CausalLM } from './model/causalLM';
import { OutputStrength } from './tuning/outputStrength';
import { allParameters, layerParameters, setValues, tensorOf, type Parameter } from './tuning/parameters';
import { Tuner } from './tuning/tuner';

/** Up to so many rows the products are about as fast as for one: what takes the time is reading the weights. */
const FEW_ROWS = 8;

/**
 * A model whose tensors lie on an engine of this process. While it computes nothing else happens here: who asks it again and
 * again lets the event loop have its turns in between.
 */
export class TfjsModel implements Model {
  readonly trained: readonly TrainedTensor[];
  /** The architecture table says what config.json leaves out. */
  readonly perLayer = {};
  private readonly calls = new OneCall();
  /** With the moments of what is trained; made with the first step, or when moments are loaded. */
  private tuner: Tuner | undefined;
  /** While tokens are generated. */
  private decoding: Decoding | undefined;
  /** While strengths differ from 1. */
  private strength: OutputStrength | undefined;

  /** Takes model and cache over. */
  constructor(
    private readonly model: CausalLM,
    private readonly parameters: readonly Parameter[] = [],
    private readonly cache?: ActivationCache,
  ) {
    this.trained = parameters.map(({ name, shape, unit, decays }) => ({ name, shape, unit, decays }));
  }

  /** @throws AdeptError (input) when config.json and the weights do not fit each other or are not supported. */
  static load(engine: Engine, request: OpenRequest, task: Task): TfjsModel {
    const { folder, trains, frozenWeights, rows, generates, cache } = request;
    const layers = new Set(typeof trains === 'string' ? [] : trains);
    const model = CausalLM.load(
      engine,
      folder,
      (layer, count) => {
        task.report(0, `loading layer ${layer + 1} of ${count}`);
      },
      { choice: frozenWeights, rows, generates, frozen: (layer) => trains !== 'all' && !layers.has(layer) },
    );
    reportUnread(folder, model.config, task);
    const parameters = trains === 'all' ? allParameters(model) : layerParameters(model, [...layers]);
    return new TfjsModel(model, parameters, cache && activationCache(model, [...layers], cache));
  }

  get config(): CausalLM['config'] {
    return this.model.config;
  }

  get units(): ModelUnit[] {
    return modelUnits(this.model.config);
  }

  get readsAhead(): number {
    return this.model.engine.fewRows ? FEW_ROWS : 1;
  }

  get storage(): CausalLM['storage'] {
    return this.model.storage;
  }

  losses(batch: Batch, use: Reuse): Promise<Float32Array> {
    return this.calls.run(() => this.model.losses(batch, this.known(use)));
  }

  maskedLosses(batch: Batch, memoryLimit: MemoryLimit | undefined, task: Task): Promise<MaskedLosses> {
    return this.calls.run(() => maskedLosses(this.model, batch, memoryLimit, task));
  }

  layerChanges(batch: Batch): Promise<LayerChanges> {
    return this.calls.run(() => layerChanges(this.model, batch));
  }

  unitSums(batch: Batch, request: UnitRequest, use: Reuse): Promise<UnitSums> {
    return this.calls.run(() => unitSums(this.model, batch, request, this.known(use)));
  }

  logits(batch: Batch, rows: Int32Array): Promise<Float32Array> {
    return this.calls.run(() => this.model.logits(batch, rows));
  }

  topTokens(batch: Batch): Promise<Int32Array> {
    return this.calls.run(() => topTokens(this.model, batch));
  }

  ranks(batch: Batch, tokens: Int32Array): Promise<Int32Array> {
    return this.calls.run(() => ranks(this.model, batch, tokens));
  }

  prefill(prompts: readonly Int32Array[], wanted: NextWanted): Promise<NextTokens> {
    return this.calls.run(() => {
      this.forget();
      const { decoding, next } = Decoding.begin(this.model, prompts, wanted);
      this.decoding = decoding;
      return next;
    });
  }

  decode(readings: readonly RowReading[], wanted: NextWanted): Promise<NextTokens> {
    return this.calls.run(() => {
      if (this.decoding === undefined) {
        throw new Error('Nothing is being generated.');
      }
      return this.decoding.read(readings, wanted);
    });
  }

  endDecoding(): Promise<void> {
    return this.calls.run(() => {
      this.forget();
    });
  }

  step(request: StepRequest): Promise<StepResult> {
    return this.calls.run(() => {
      this.endStrength();
      const { model, parameters } = this;
      this.tuner ??= new Tuner(model, parameters);
      const result = this.tuner.step(request, this.known(request));
      return { ...result, tensors: model.engine.tensorCount() };
    });
  }

  setStrength(alpha: ReadonlyMap<number, number>): Promise<void> {
    return this.calls.run(() => {
      this.forget();
      if ([...alpha.values()].every((value) => value === 1)) {
        this.endStrength();
        return;
      }
      this.strength ??= new OutputStrength(this.model, this.trainedLayers());
      this.strength.set(alpha);
    });
  }

  saveTrained(folder: string): Promise<void> {
    return this.calls.run(() => {
      this.endStrength();
      const { model, tuner } = this;
      writeTrained(folder, this.parameters, (parameter, part) => {
        if (part === 'values') {
          return model.engine.read(tensorOf(parameter));
        }
        // Before the first step they are zero, and not made yet.
        return tuner?.readMoment(parameter, part) ?? new Float32Array(sizeOf(parameter));
      });
    });
  }

  loadTrained(folder: string, what: { readonly moments: boolean }): Promise<void> {
    return this.calls.run(() => {
      this.endStrength();
      const { model, parameters } = this;
      readTrained(folder, parameters, what, (parameter, { values, moments }) => {
        if (moments === undefined) {
          setValues(model.engine, parameter, values);
        } else {
          this.tuner ??= new Tuner(model, parameters);
          this.tuner.restore(parameter, { values, ...moments });
        }
      });
    });
  }

  memory(): Promise<ProcessMemory> {
    return this.calls.run(() => ({ now: process.memoryUsage.rss(), peak: peakMemory() }));
  }

  close(): Promise<void> {
    return this.calls.run(() => {
      this.endStrength();
      this.tuner?.dispose();
      this.tuner = undefined;
      this.cache?.close();
      this.model.dispose();
    });
  }

  private known({ reuse }: Reuse): ActivationCache | undefined {
    return reuse ? this.cache : undefined;
  }

  private trainedLayers(): number[] {
    return [...new Set(this.parameters.flatMap(({ unit }) => unit?.layer ?? []))];
  }

  /** Keys and values of what was read. */
  private forget(): void {
    this.decoding?.dispose();
    this.decoding = undefined;
  }

  /** What was trained is in its place again, and nothing is kept of what was computed with other weights. */
  private endStrength(): void {
    this.forget();
    this.strength?.end();
    this.strength = undefined;
  }
}

function sizeOf({ shape }: TrainedTensor): number {
  return shape.reduce((a, b) => a * b, 1);
}
