import { dirname, resolve } from 'node:path';
import { readModelOutline } from '../../node/model/modelConfig';
import { besideBundle } from '../../node/files/besideBundle';
import type { ModelOutline } from '../../shared/model/outline';
import { storedUnits, type StoredUnit } from '../../shared/model/storedUnits';
import type { TorchDtype } from '../../shared/config/runConfig';
import { failure } from '../../shared/common/errors';
import { checkTensors, readTensors } from '../checkpoint/modelTensors';
import { reportUnread } from '../checkpoint/unreadReport';
import type { Executor, ExecutorDescription, Model } from '../executor/executor';
import type { ExecutorChoice } from '../executor/executorChoice';
import type { OpenRequest } from '../executor/requests';
import { TensorStore } from '../safetensors/safetensors';
import { SILENT_TASK, type Task } from '../task';
import { requirePython } from './interpreter/remembered';
import { openedModel } from './openedModel';
import { TorchProcess } from './process/torchProcess';
import { TorchModel } from './torchModel';
import { OpenResult, PlainResult } from './wire/messages';

/** Computes in PyTorch, in one process of Python's or in several. */
export class TorchExecutor implements Executor {
  readonly description: ExecutorDescription;

  /** Takes the processes over. */
  constructor(
    private readonly rank0: TorchProcess,
    private readonly dtype: TorchDtype = 'auto',
  ) {
    const { engine, device, library, threads, ranks } = rank0.description;
    this.description = { engine, device, library, threads, ranks };
  }

  /** @throws AdeptError (failure) when PyTorch is not set up, or the ranks do not start */
  static async start({
    ranks = 1,
    dtype,
    python = requirePython(),
    machines,
  }: Omit<ExecutorChoice, 'engine'>): Promise<TorchExecutor> {
    const rank0 = await TorchProcess.start({ python, packages: packagesFolder(), ranks, machines });
    return new TorchExecutor(rank0, dtype);
  }

  async open(request: OpenRequest, task: Task): Promise<Model> {
    const { folder, trains, frozenWeights, rows, cache } = request;
    const outline = readModelOutline(folder);
    // Before the ranks load anything: what is wrong with a folder is said as the other executors say it.
    const stored = readLayers(folder, outline);
    reportUnread(folder, outline, task);
    const { fields } = await this.rank0.call({
      verb: 'open',
      parameters: {
        ...{ folder: resolve(folder), trains, frozenWeights, dtype: this.dtype, rows },
        cache: cache === undefined ? null : { folder: resolve(cache.folder), megabytes: cache.megabytes },
      },
      result: OpenResult,
      task,
    });
    const opened = await this.checked(() => openedModel(folder, outline, stored, fields));
    return new TorchModel(this.rank0, { ...opened, storage: fields.storage, cache });
  }

  close(): Promise<void> {
    return this.rank0.close();
  }

  /** What the ranks opened is of no use where it is not what was asked for. */
  private async checked<T>(check: () => T): Promise<T> {
    try {
      return check();
    } catch (error) {
      await this.rank0.call({ verb: 'closeModel', result: PlainResult, task: SILENT_TASK });
      throw error;
    }
  }
}

/** Of every layer what the names of its tensors say. @throws AdeptError (input) where config.json and weights do not fit. */
function readLayers(folder: string, outline: ModelOutline): StoredUnit[][] {
  const store = TensorStore.open(folder);
  try {
    checkTensors(folder, outline, store);
    return storedUnits(outline, readTensors(outline, store));
  } finally {
    store.close();
  }
}

/** Where the build puts the Python package, in the clone and in the extension. */
export function packagesFolder(): string {
  const found = besideBundle('python', 'adept_torch', '__init__.py');
  if (found === undefined) {
    throw failure(
      'The Python package adept_torch is missing beside this program: run "npm run build", or install the extension again.',
    );
  }
  return dirname(dirname(found));
}
