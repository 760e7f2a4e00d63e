import type { ScorePoint } from '../../shared/run/scores';

/** Points that are shown at most, about. */
const MOST_POINTS = 2000;

/** What the model of a run scored at each step at which it was asked. */
export class ScoreHistory {
  private readonly kept: ScorePoint[] = [];

  get points(): readonly ScorePoint[] {
    return this.kept;
  }

  /** Of very many points, those of evenly spread steps, and of the last. */
  get shown(): readonly ScorePoint[] {
    const steps = [...new Set(this.kept.map(({ step }) => step))];
    const stride = Math.ceil(this.kept.length / MOST_POINTS);
    const chosen = new Set(steps.filter((_, index) => index % stride === 0 || index === steps.length - 1));
    return stride <= 1 ? this.kept : this.kept.filter(({ step }) => chosen.has(step));
  }

  /** What was there of the task at the point's step, or of anything after it, no longer counts. */
  add({ step, task, questions, correct }: ScorePoint): void {
    this.cutAfter(step);
    const again = this.kept.findIndex((point) => point.step === step && point.task === task);
    this.kept.splice(again < 0 ? this.kept.length : again, again < 0 ? 0 : 1, {
      step,
      task,
      questions,
      correct,
    });
  }

  cutAfter(step: number): void {
    this.kept.length = this.kept.findLastIndex((point) => point.step <= step) + 1;
  }
}
