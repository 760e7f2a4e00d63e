import type { ModelUnit } from '../../shared/model/modelUnits';
import type { ModelOutline } from '../../shared/model/outline';
import type { Batch } from '../data/sequences/batch';
import type { Task } from '../task';
import type {
  MemoryLimit,
  NextWanted,
  OpenRequest,
  Reuse,
  RowReading,
  StepRequest,
  UnitRequest,
} from './requests';
import type {
  FrozenStorage,
  LayerChanges,
  MaskedLosses,
  NextTokens,
  ProcessMemory,
  StepResult,
  TrainedTensor,
  UnitSums,
} from './results';

/**
 * What computes. Between it and what ADEPT decides (src/trainer/method, src/trainer/jobs) there are numbers and files, never
 * tensors, and nothing says that it is in this process.
 */
export interface Executor {
  readonly description: ExecutorDescription;
  /**
   * Loads a Hugging Face folder.
   * @throws AdeptError (input) when config.json and the weights do not fit each other or are not supported.
   */
  open(request: OpenRequest, task: Task): Promise<Model>;
  /** Frees what it holds beyond its models, which are closed before. */
  close(): Promise<void>;
}

/** What an executor is and where it computes; `device` is the one that really does, never the one asked for. */
export interface ExecutorDescription {
  readonly engine: 'native' | 'wasm' | 'torch';
  readonly device: string;
  readonly library: string;
  /** The version of tfjs, where that is what calls the library. */
  readonly tfjs?: string;
  readonly threads: number;
  /** How many processes compute together, where there can be several. */
  readonly ranks?: number;
  /** Whether the fused kernels compute, and if not, why; absent where there are none. */
  readonly kernels?: string;
}

/**
 * A model that an executor holds. The method asks for numbers of one batch at a time, and loops, adds up and decides itself.
 * One call is in flight at a time: a second is refused. A number that is not finite is a result, never an error: what it means
 * is the method's to decide. Shapes: B sequences of a batch, T tokens, N predicted positions, L layers, V vocabulary.
 */
export interface Model {
  readonly config: ModelOutline;
  /** What the layers are made of, in the order of the computation. */
  readonly units: readonly ModelUnit[];
  /** Keys of config.json with one value a layer, as the library fills them in where the file leaves them out. */
  readonly perLayer: Readonly<Record<string, readonly unknown[]>>;
  readonly storage: FrozenStorage;
  /** In the order in which their norms are added up. */
  readonly trained: readonly TrainedTensor[];

  /** Negative log-likelihood of every predicted position, [N], nats. */
  losses(batch: Batch, use: Reuse): Promise<Float32Array>;
  /**
   * Losses with no layer masked, and with each masked in turn. Tells the task which layer it is at.
   * @param memoryLimit what the masked passes may take; everything when left out
   * @throws Cancelled when the task was cancelled, between two layers
   */
  maskedLosses(batch: Batch, memoryLimit: MemoryLimit | undefined, task: Task): Promise<MaskedLosses>;
  /** How much every layer changes its input: ‖output − input‖ / ‖input‖, from one forward pass. */
  layerChanges(batch: Batch): Promise<LayerChanges>;
  /**
   * Of every unit of some layers the sum over its parameters of |θ·g| (paper: θ·g), g the gradient of the batch's mean loss.
   * What several computers have of g is added up before the absolute value.
   */
  unitSums(batch: Batch, request: UnitRequest, use: Reuse): Promise<UnitSums>;
  /** Logits of the named rows of [B·T], [n·V]; few rows, since they come as one piece. */
  logits(batch: Batch, rows: Int32Array): Promise<Float32Array>;
  /** The likeliest token of every predicted position, [N]; of equal ones the lowest. @throws AdeptError (failure) on NaN */
  topTokens(batch: Batch): Promise<Int32Array>;
  /** The rank that each predicted position gives a token, [N], 1 its likeliest. @throws AdeptError (failure) on NaN */
  ranks(batch: Batch, tokens: Int32Array): Promise<Int32Array>;

  /**
   * Reads prompts, rows of any lengths but 0, and keeps the keys and values of their positions for {@link decode}; what was kept
   * before goes. What changes weights or strength frees what is kept.
   * @throws AdeptError (failure) on NaN
   */
  prefill(prompts: readonly Int32Array[], wanted: NextWanted): Promise<NextTokens>;
  /**
   * How many tokens {@link decode} reads, of all rows together, for little more than what one takes, so that tokens that are only
   * guessed may be read as well; 1 where every row reads a single token at a time.
   */
  readonly readsAhead: number;
  /**
   * Reads on in some of the rows that are kept; the other rows are forgotten, and those that read stay.
   * @param readings ascending by row
   * @returns what comes next after each token that was read, in that order
   * @throws AdeptError (failure) on NaN
   */
  decode(readings: readonly RowReading[], wanted: NextWanted): Promise<NextTokens>;
  /** Frees what is kept. */
  endDecoding(): Promise<void>;

  /**
   * One optimiser step. A loss or norm that is not finite leaves parameters and moments as they were.
   * @throws where it is interrupted, and then weights are undefined: close the model, and load a checkpoint into another.
   */
  step(request: StepRequest): Promise<StepResult>;
  /**
   * Scales what trained layers write into the residual stream: α by layer, 1 for those that are not named, which is what was
   * trained, to the bit. Until the next step, saving or loading, which are of what was trained.
   */
  setStrength(alpha: ReadonlyMap<number, number>): Promise<void>;
  /** Writes what is trained, and its moments, as files into a folder (src/trainer/checkpoint/trainedFiles.ts), synced. */
  saveTrained(folder: string): Promise<void>;
  /** Reads them again. @param what whether the moments, too */
  loadTrained(folder: string, what: { readonly moments: boolean }): Promise<void>;

  /** What computes takes, all processes together. */
  memory(): Promise<ProcessMemory>;
  close(): Promise<void>;
}
