import { runEventLevel, runEventText } from '../../shared/run/runEventText';
import type { RunEvent } from '../../shared/run/runFolder';
import type { EvalPoint, RunProblem } from '../../shared/webview/run';
import { AnswerHistory } from './answerHistory';
import { DecimatedCurve } from './decimatedCurve';
import type { StepEvent } from './eventParser';
import { LogTail } from './logTail';
import { MachineHistory } from './machineHistory';
import { MarkHistory } from './markHistory';
import type { TerminalEvent } from './runState';
import { ScoreHistory } from './scoreHistory';
import { StepClock } from './stepClock';
import { UnitHistory } from './unitHistory';

/** Characters of a line that the log keeps: what is longer is read in the file. */
const LONGEST_TEXT = 2000;
/** Problems that are kept; the others are counted. */
const MOST_PROBLEMS = 50;

type StatusEvent = Extract<RunEvent, { type: 'status' }>;
type ImportanceEvent = Extract<RunEvent, { type: 'importance' }>;
type ProgressEvent = Extract<RunEvent, { type: 'progress' }>;

/**
 * What a run's events come to, added one by one in the order of the log. Where a run goes back to an earlier step, as one
 * that is resumed from a checkpoint does, what it did after that step no longer counts.
 */
export class RunHistory {
  readonly loss = new DecimatedCurve();
  readonly learningRate = new DecimatedCurve();
  readonly tokensPerSecond = new DecimatedCurve();
  readonly units = new UnitHistory();
  readonly answers = new AnswerHistory();
  readonly scores = new ScoreHistory();
  readonly marks = new MarkHistory();
  readonly machine = new MachineHistory();
  readonly log = new LogTail();
  readonly clock = new StepClock();
  private readonly evaluations: EvalPoint[] = [];
  private readonly saved: EvalPoint[] = [];
  private readonly problemList: RunProblem[] = [];
  private problemTotal = 0;
  private readonly changeCounts = {
    steps: 0,
    evals: 0,
    checkpoints: 0,
    units: 0,
    answers: 0,
    scores: 0,
    marks: 0,
    machine: 0,
    cuts: 0,
  };

  /** The step the run stands at. */
  step = 0;
  /** When a process said that it is at this step. */
  stepTime: string | undefined;
  /** When something was heard of what the trainer does. */
  heardTime: string | undefined;
  startedAt: string | undefined;
  lastStep: StepEvent | undefined;
  terminalEvent: TerminalEvent | undefined;
  /** What the trainer does or did last. */
  stage: StatusEvent['status'] | undefined;
  engine: StatusEvent['engine'];
  /** How far the stage is, until something else is heard. */
  progress: ProgressEvent | undefined;
  /** Seconds that the last evaluation and the last measurement of importance took. */
  evaluationSeconds: number | undefined;
  refreshSeconds: number | undefined;
  /** Of the last answers to the run's prompts, and of each of its tasks. */
  answersSeconds: number | undefined;
  readonly taskSeconds = new Map<string, number>();
  /** The first report of the stage that is under way. */
  private progressBegan: ProgressEvent | undefined;
  /** When something that is no report of progress was heard last. */
  private lastTime: string | undefined;

  get evals(): readonly EvalPoint[] {
    return this.evaluations;
  }

  get checkpoints(): readonly EvalPoint[] {
    return this.saved;
  }

  get problems(): { readonly items: readonly RunProblem[]; readonly total: number } {
    return { items: this.problemList, total: this.problemTotal };
  }

  /** How often each series changed; `cuts` is how often the run went back, which changes all of them. */
  get changes(): Readonly<
    Record<
      'steps' | 'evals' | 'checkpoints' | 'units' | 'answers' | 'scores' | 'marks' | 'machine' | 'cuts',
      number
    >
  > {
    return this.changeCounts;
  }

  /** Seconds until the stage that is under way is over; undefined as long as nobody can tell. */
  get stageSecondsLeft(): number | undefined {
    const { progress: now, progressBegan: first } = this;
    if (now === undefined || first === undefined || now.fraction <= first.fraction) {
      return undefined;
    }
    const seconds = secondsBetween(first.time, now.time);
    return (seconds / (now.fraction - first.fraction)) * (1 - now.fraction);
  }

  add(event: RunEvent): void {
    this.startedAt ??= event.time;
    if (event.type === 'resources') {
      this.machine.add(secondsBetween(this.startedAt, event.time), event);
      this.changeCounts.machine += 1;
      return;
    }
    const { lastTime } = this;
    this.heardTime = event.type === 'log' ? this.heardTime : event.time;
    if (event.type !== 'progress') {
      this.lastTime = event.time;
    }
    switch (event.type) {
      case 'step':
        this.addStep(event);
        return;
      case 'progress':
        this.addProgress(event);
        return;
      case 'eval':
        this.evaluationSeconds = event.seconds;
        this.clock.exclude(event.seconds);
        this.progress = undefined;
        put(this.evaluations, event);
        this.changeCounts.evals += 1;
        break;
      case 'answers':
        this.answersSeconds = event.seconds;
        this.clock.exclude(event.seconds);
        this.progress = undefined;
        this.answers.add(event);
        this.changeCounts.answers += 1;
        break;
      case 'scores':
        this.taskSeconds.set(event.task, event.seconds);
        this.clock.exclude(event.seconds);
        this.progress = undefined;
        this.scores.add(event);
        this.changeCounts.scores += 1;
        break;
      case 'checkpoint':
        put(this.saved, event);
        this.changeCounts.checkpoints += 1;
        break;
      case 'importance':
        this.addImportance(event, lastTime);
        break;
      case 'status':
        this.addStatus(event);
        break;
      case 'error':
      case 'done':
        this.terminalEvent = event;
        this.progress = undefined;
        break;
      case 'log':
        if (event.about !== undefined) {
          this.marks.addSubject(event.about);
          this.changeCounts.marks += 1;
        }
        break;
    }
    const text = runEventText(event);
    if (text !== undefined) {
      const short = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
      this.log.add({ seq: event.seq, time: event.time, level: runEventLevel(event), text: short });
    }
  }

  private addProgress(event: ProgressEvent): void {
    if (this.progress?.stage !== event.stage || event.fraction < this.progress.fraction) {
      this.progressBegan = event;
    }
    this.progress = event;
  }

  addProblem(problem: RunProblem): void {
    this.problemTotal += 1;
    if (this.problemList.length < MOST_PROBLEMS) {
      this.problemList.push(problem);
    }
  }

  private addStep(event: StepEvent): void {
    const { step, loss } = event;
    if (step <= this.step) {
      this.cutAfter(step - 1);
    }
    this.loss.add(step, loss);
    this.learningRate.add(step, event.learningRate);
    this.tokensPerSecond.add(step, event.tokensPerSecond);
    this.clock.mark(step, event.time);
    this.step = step;
    this.stepTime = event.time;
    this.lastStep = event;
    this.stage = 'tuning';
    this.changeCounts.steps += 1;
    this.progress = undefined;
  }

  private addImportance(event: ImportanceEvent, lastTime: string | undefined): void {
    if (event.why === undefined) {
      this.marks.addRefresh(event, this.units.rates);
      this.changeCounts.marks += 1;
      if (lastTime !== undefined) {
        this.refreshSeconds = secondsBetween(lastTime, event.time);
        this.clock.exclude(this.refreshSeconds);
        this.progress = undefined;
      }
    }
    this.units.add(event);
    this.changeCounts.units += 1;
  }

  private addStatus(event: StatusEvent): void {
    const { status, step } = event;
    if ((status === 'resumed' || status === 'started') && step !== undefined) {
      const reached = this.step;
      this.cutAfter(step);
      this.step = step;
      this.stepTime = event.time;
      if (status === 'started') {
        this.marks.cutAfter(-1);
      }
      if (status === 'resumed') {
        this.marks.addResume(step, reached);
        this.changeCounts.marks += 1;
      }
    }
    this.clock.interrupt();
    this.stage = status;
    this.engine = event.engine ?? this.engine;
    this.terminalEvent = event;
    this.progress = undefined;
  }

  private cutAfter(step: number): void {
    this.changeCounts.cuts += 1;
    for (const curve of [
      this.loss,
      this.learningRate,
      this.tokensPerSecond,
      this.units,
      this.answers,
      this.scores,
      this.marks,
    ]) {
      curve.cutAfter(step);
    }
    cutPoints(this.evaluations, step);
    cutPoints(this.saved, step);
    if (this.lastStep !== undefined && this.lastStep.step > step) {
      this.lastStep = undefined;
    }
  }
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from)) / 1000;
}

/** Adds a point; what was there at its step or after it no longer counts. */
function put(points: EvalPoint[], { step, domainLoss, generalLoss }: EvalPoint): void {
  cutPoints(points, step - 1);
  points.push({ step, domainLoss, generalLoss });
}

function cutPoints(points: EvalPoint[], step: number): void {
  points.length = points.findLastIndex((point) => point.step <= step) + 1;
}
