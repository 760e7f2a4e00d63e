import type { RunEvent } from '../../shared/run/runFolder';
import type { AnswerRound } from '../../shared/webview/run';

/** What the model of a run said at each step at which it was asked. */
export class AnswerHistory {
  private readonly kept: AnswerRound[] = [];

  get rounds(): readonly AnswerRound[] {
    return this.kept;
  }

  get lastStep(): number {
    return this.kept.at(-1)?.step ?? -1;
  }

  add({ step, answers }: Extract<RunEvent, { type: 'answers' }>): void {
    this.cutAfter(step - 1);
    this.kept.push({ step, answers });
  }

  cutAfter(step: number): void {
    this.kept.length = this.kept.findLastIndex((round) => round.step <= step) + 1;
  }
}
