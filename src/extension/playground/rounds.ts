import { randomUUID } from 'node:crypto';
import type { Localizer } from '../../shared/common/localizer';
import { withRound, type PlaygroundHistory } from '../../shared/playground/history';
import type { FromSession, ToSession } from '../../shared/playground/session';
import type { PlaygroundProcess, PlaygroundRound } from '../../shared/webview/playground';
import type { AnswerProcess, AnswerProcessHooks } from './answerProcess';
import { afterMessage, atEnd, keptRound, newRound, type Asked } from './round';

/** So long after the last answer the models are kept. */
export const IDLE_MINUTES = 10;
/** Between two tokens the process looks whether to stop; one that does not come to that is ended. */
const STOP_MILLISECONDS = 15_000;

export interface RoundsState {
  readonly process: PlaygroundProcess;
  readonly round: PlaygroundRound | null;
  readonly isAnswering: boolean;
  readonly history: PlaygroundHistory;
}

export interface RoundsParts {
  readonly l10n: Localizer;
  /** @throws AdeptError when no process can be started. */
  readonly start: (hooks: Pick<AnswerProcessHooks, 'onMessage' | 'onEnd'>) => Promise<Process>;
  readonly history: {
    readonly value: PlaygroundHistory;
    set(history: PlaygroundHistory): Promise<void>;
  };
  readonly onChange: (change: Partial<RoundsState>) => void;
  readonly onSaid: (round: string, said: Extract<FromSession, { type: 'said' }>) => void;
  /** Told what failed where nobody waits for it. */
  readonly onProblem: (error: unknown) => void;
}

type Process = Pick<AnswerProcess, 'send' | 'end' | 'kill'>;

const NO_PROCESS: PlaygroundProcess = { state: 'none', engine: null, problem: null };

/** What is asked and answered in the playground: one prompt at a time, by a process that is started with the first one. */
export class Rounds {
  private process: Process | undefined;
  private about = NO_PROCESS;
  private round: PlaygroundRound | null = null;
  /** The number by which the process knows the round that is being answered. */
  private asking: number | undefined;
  private asked = 0;
  private idle: NodeJS.Timeout | undefined;
  private stopping: NodeJS.Timeout | undefined;
  private disposed = false;
  private outdated = false;

  constructor(private readonly parts: RoundsParts) {}

  get state(): RoundsState {
    const { about: process, round } = this;
    return { process, round, isAnswering: this.asking !== undefined, history: this.parts.history.value };
  }

  /** Asks; does nothing while an answer is under way. @throws AdeptError when no process can be started. */
  async ask(asked: Asked): Promise<void> {
    if (this.asking !== undefined) {
      return;
    }
    clearTimeout(this.idle);
    if (this.outdated) {
      this.process?.end();
      this.process = undefined;
    }
    this.asked += 1;
    const id = this.asked;
    this.asking = id;
    const { round: before, about } = this;
    this.round = newRound(randomUUID(), asked);
    if (this.process === undefined) {
      this.about = { ...NO_PROCESS, state: 'starting' };
    }
    this.changed('process', 'round', 'isAnswering');
    try {
      const process = this.process ?? (await this.started());
      const { prompt, sides, settings } = asked;
      process.send({ type: 'ask', id, prompt, sides, settings });
    } catch (error) {
      this.asking = undefined;
      this.round = before;
      this.about = about;
      this.changed('process', 'round', 'isAnswering');
      throw error;
    }
  }

  /** Ends the answers that are under way; what was said stays. */
  stop(): void {
    const { asking, process } = this;
    if (asking === undefined || process === undefined || this.stopping !== undefined) {
      return;
    }
    process.send({ type: 'stop', id: asking } satisfies ToSession);
    this.stopping = setTimeout(() => {
      process.kill();
      this.gone(NO_PROCESS, null);
    }, STOP_MILLISECONDS);
  }

  /** Processes are to be started otherwise: the next prompt goes to a new one. */
  renew(): void {
    this.outdated = true;
  }

  async forget(id: string): Promise<void> {
    await this.setHistory(this.parts.history.value.filter((round) => round.id !== id));
  }

  async clearHistory(): Promise<void> {
    await this.setHistory([]);
  }

  /** Ends the process, and with it frees the models. */
  dispose(): void {
    this.disposed = true;
    clearTimeout(this.idle);
    clearTimeout(this.stopping);
    this.process?.end();
    this.process = undefined;
    this.endRound(null);
  }

  private async started(): Promise<Process> {
    const process = await this.parts.start({
      onMessage: (message) => {
        this.receive(message);
      },
      onEnd: (why) => {
        const problem = this.parts.l10n.t('Answering has ended: {0}', why);
        this.gone({ ...NO_PROCESS, state: 'ended', problem }, problem);
      },
    });
    this.outdated = false;
    if (this.disposed) {
      process.end();
    }
    this.process = process;
    return process;
  }

  private receive(message: FromSession): void {
    if (message.type === 'engine') {
      const { engine, device, threads } = message;
      this.about = { state: 'ready', engine: { engine, device, threads }, problem: null };
      this.changed('process');
      return;
    }
    if (this.round === null || message.id !== this.asking) {
      return;
    }
    if (message.type === 'done') {
      this.endRound(null);
      this.waitForPrompt();
      return;
    }
    this.round = afterMessage(this.round, message);
    if (message.type === 'said') {
      this.parts.onSaid(this.round.id, message);
    } else {
      this.changed('round');
    }
  }

  /** There is no process any more. @param problem why no more comes of the answers under way */
  private gone(about: PlaygroundProcess, problem: string | null): void {
    clearTimeout(this.idle);
    this.process = undefined;
    this.about = about;
    this.endRound(problem);
    this.changed('process');
  }

  private endRound(problem: string | null): void {
    clearTimeout(this.stopping);
    this.stopping = undefined;
    if (this.asking === undefined || this.round === null) {
      return;
    }
    this.asking = undefined;
    this.round = atEnd(this.round, problem);
    this.changed('round', 'isAnswering');
    const kept = keptRound(this.round, new Date().toISOString());
    if (kept !== undefined) {
      this.setHistory(withRound(this.parts.history.value, kept)).catch(this.parts.onProblem);
    }
  }

  /** Models take memory that others may need. */
  private waitForPrompt(): void {
    this.idle = setTimeout(() => {
      this.process?.end();
      this.gone({ ...NO_PROCESS, state: 'idle' }, null);
    }, IDLE_MINUTES * 60_000);
  }

  private async setHistory(history: PlaygroundHistory): Promise<void> {
    await this.parts.history.set(history);
    this.changed('history');
  }

  private changed(...keys: (keyof RoundsState)[]): void {
    const { state } = this;
    if (!this.disposed) {
      this.parts.onChange(Object.fromEntries(keys.map((key) => [key, state[key]])));
    }
  }
}
