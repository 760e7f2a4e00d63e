import { AdeptError, messageOf } from '../../../shared/common/errors';
import type { AskRequest, FromSession } from '../../../shared/playground/session';
import type { SideAnswer } from '../../../shared/playground/sideAnswer';
import type { Side } from '../../../shared/playground/sides';
import type { Executor } from '../../executor/executor';
import type { ExecutorChoice } from '../../executor/executorChoice';
import { Cancelled, type Task } from '../../task';
import { AnswerStream } from './answerStream';
import { Questioner, readFolderTexts, type FolderTexts } from './questioner';
import { planOf, SideModels, type SidePlan } from './sideModels';

export interface SessionParts {
  readonly tell: (message: FromSession) => void;
  /** What is to compute for a run, or for a model of none. @throws AdeptError (input) */
  readonly choose: (run: string | undefined) => ExecutorChoice;
  readonly open: (choice: ExecutorChoice) => Promise<Executor>;
}

interface Computing {
  readonly choice: string;
  readonly executor: Executor;
  readonly models: SideModels;
}

/** Layers are loaded faster than anybody reads which. */
const LOADING_MILLISECONDS = 200;

/**
 * Answers prompts one after the other, each by one side or by two, with models that stay open from one prompt to the next. It
 * reads runs and changes nothing of them. What is wrong with one prompt or side is told, and the next may be asked.
 */
export class AnswerSession {
  private computing: Computing | undefined;
  private readonly texts = new Map<string, FolderTexts>();

  constructor(private readonly parts: SessionParts) {}

  /** Never throws: what a side fails of is told. @param signal ends the answers; what was said stays */
  async ask(request: AskRequest, signal: AbortSignal): Promise<void> {
    const { id, sides } = request;
    const plans = new Map<Side, SidePlan>();
    for (const [index, side] of sides.entries()) {
      await this.guarded(id, index, () => {
        plans.set(side, planOf(side));
      });
    }
    for (const [index, side] of sides.entries()) {
      const plan = plans.get(side);
      if (plan !== undefined && !signal.aborted) {
        await this.guarded(id, index, () => this.answer(request, index, { plan, plans, signal }));
      }
    }
    this.parts.tell({ type: 'done', id });
  }

  /** Frees models and engine. */
  async close(): Promise<void> {
    const { computing } = this;
    this.computing = undefined;
    if (computing !== undefined) {
      await computing.models.close();
      await computing.executor.close();
    }
  }

  private async guarded(id: number, side: number, work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.parts.tell({ type: 'failed', id, side, message: messageOf(error) });
      if (!(error instanceof AdeptError && error.kind === 'input')) {
        // Whatever computes may be in any state now: the next prompt finds it anew.
        await this.close().catch(() => undefined);
      }
    }
  }

  private async answer(
    request: AskRequest,
    side: number,
    { plan, plans, signal }: { plan: SidePlan; plans: ReadonlyMap<Side, SidePlan>; signal: AbortSignal },
  ): Promise<void> {
    const { id, prompt, settings, sides } = request;
    const { tell } = this.parts;
    const texts = this.textsOf(plan.folder);
    const questioner = new Questioner(plan.folder, { ...settings, batchSize: 1 }, texts);
    // First of all: what is wrong with the prompt is told before a model is loaded.
    const [asked] = questioner.encode([{ content: prompt, where: 'Prompt' }]);
    if (asked === undefined) {
      throw new Error('A prompt is one prompt.');
    }
    const computing = await this.computer(sides);
    await computing.models.keep([...plans.values()]);
    const model = await computing.models.take(plan, this.loadingTask(id, side));
    const promptTokens = asked.ids.length;
    const lacksTemplate = settings.asConversation && texts.chat.kind === 'plain';
    tell({ type: 'reading', id, side, promptTokens, lacksTemplate });
    const stream = new AnswerStream({
      promptTokens,
      textOf: (ids) => questioner.said(asked, ids),
      tell: (part) => {
        tell({ type: 'said', id, side, ...part });
      },
    });
    const task: Task = { report: () => undefined, signal };
    let end: SideAnswer['end'] = 'stopped';
    try {
      const answered = ({ finish }: { finish: SideAnswer['end'] }): void => {
        end = finish;
      };
      await questioner.ask(model, [asked], answered, task, (_, ids) => {
        stream.add(ids);
      });
    } catch (error) {
      if (!(error instanceof Cancelled)) {
        throw error;
      }
    }
    tell({ type: 'answered', id, side, answer: stream.end(end) });
  }

  /** What computes: as the first run among the sides was begun with. */
  private async computer(sides: readonly Side[]): Promise<Computing> {
    const run = sides.flatMap((side) => (side.kind === 'model' ? [] : [side.run]))[0];
    const choice = this.parts.choose(run);
    const key = JSON.stringify(choice);
    if (this.computing?.choice === key) {
      return this.computing;
    }
    await this.close();
    const executor = await this.parts.open(choice);
    this.computing = { choice: key, executor, models: new SideModels(executor) };
    const { engine, device, library, threads } = executor.description;
    this.parts.tell({ type: 'engine', engine, device, library, threads });
    return this.computing;
  }

  private textsOf(folder: string): FolderTexts {
    const texts = this.texts.get(folder) ?? readFolderTexts(folder);
    this.texts.set(folder, texts);
    return texts;
  }

  private loadingTask(id: number, side: number): Task {
    let told = -Infinity;
    return {
      report: (_, message) => {
        if (performance.now() - told >= LOADING_MILLISECONDS) {
          told = performance.now();
          this.parts.tell({ type: 'loading', id, side, message });
        }
      },
    };
  }
}
