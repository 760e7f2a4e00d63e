import type { Executor, ExecutorDescription } from '../executor/executor';
import type { OpenRequest } from '../executor/requests';
import type { Task } from '../task';
import type { Engine, TfjsChoice } from './engine/engine';
import { openEngine } from './engine/open';
import { TfjsModel } from './tfjsModel';

/** Computes in this process, on one of tfjs's engines. */
export class TfjsExecutor implements Executor {
  readonly description: ExecutorDescription;

  /** Takes the engine over. */
  constructor(private readonly engine: Engine) {
    this.description = engine.describe();
  }

  /** @throws AdeptError (failure) when `native` is asked for and not installed, or cannot be loaded. */
  static async start(choice: TfjsChoice): Promise<TfjsExecutor> {
    return new TfjsExecutor(await openEngine(choice));
  }

  open(request: OpenRequest, task: Task): Promise<TfjsModel> {
    return Promise.resolve().then(() => TfjsModel.load(this.engine, request, task));
  }

  close(): Promise<void> {
    return Promise.resolve().then(() => {
      this.engine.close();
    });
  }
}
