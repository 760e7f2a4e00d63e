import { basename } from 'node:path';
import type { RunCommand, RunExit, RunSummary, ShownState } from '../../shared/webview/run';
import type { RunFilesContent } from '../run/runFiles';
import type { HistoryReader } from '../run/historyReader';
import type { RunHistory } from '../run/runHistory';
import { secondsLeft } from '../run/timeLeft';
import { trainingLoss } from '../run/trainingLoss';
import { isEarlier, runStateOf, silentSeconds, type TerminalEvent } from '../run/runState';

/** Lines shown of a trainer that is gone. */
const LAST_LINES = 8;

/** What a window knows of a run beside what lies in its folder. */
export interface RunWindow {
  /** A process was started for the run and has not written to its folder yet. */
  readonly isStarting?: boolean | undefined;
  /** Why the process that was started last ended before it could work on the run. */
  readonly failure?: string | undefined;
  /** How the trainer that this window started ended; undefined when it lives, or another window started it. */
  readonly exit?: RunExit | undefined;
  /** What that trainer wrote to stdout and stderr last. */
  readonly output?: readonly string[] | undefined;
  /** Whether the file that the run was started from is known. */
  readonly hasConfig?: boolean | undefined;
  /** Whether it is being measured what the added layers are worth. */
  readonly isMeasuring?: boolean | undefined;
  readonly isTrusted: boolean;
  /** The remote that the window works on. */
  readonly remoteName: string | undefined;
  readonly pending: RunCommand | undefined;
  /** What the trainer has granted, and does after what it is at. */
  readonly asked?: 'pause' | 'stop' | undefined;
}

/** Everything that a run panel says about a run beside its series. */
export function runSummary(
  folder: string,
  files: RunFilesContent,
  history: RunHistory,
  window: RunWindow,
  { isKnown, reading }: Pick<HistoryReader, 'isKnown' | 'reading'>,
): RunSummary {
  const { lastStep } = history;
  const { terminalEvent, stage, progress, step } = standing(files, history);
  const evidence = { ...files, terminalEvent, lastStep };
  const state = isKnown ? stateIn(window, files.exists ? runStateOf(evidence) : 'gone') : 'opening';
  const steps = files.steps ?? null;
  return {
    name: basename(folder),
    folder,
    model: files.model ?? null,
    copies: [...files.copies],
    state,
    stage: stage ?? null,
    progress:
      progress === undefined || state !== 'running'
        ? null
        : {
            stage: progress.stage,
            fraction: progress.fraction,
            message: progress.message,
            secondsLeft: history.stageSecondsLeft ?? null,
          },
    step,
    steps,
    silentSeconds:
      files.isAlive === true && files.trainer !== undefined ? silentSeconds(files.trainer, Date.now()) : null,
    secondsLeft: state === 'running' && stage !== 'starting' ? timeLeft(files, history, step) : null,
    startedAt: history.startedAt ?? files.createdAt ?? null,
    engine: engineOf(history.engine ?? files.trainer?.engine),
    remoteName: window.remoteName ?? null,
    gradNorm: lastStep?.gradNorm ?? null,
    trainingLoss: trainingLoss(history.loss),
    exported: files.exported ?? null,
    exit: state === 'died' || state === 'failed' ? (window.exit ?? null) : null,
    error: state === 'failed' ? (window.failure ?? errorOf(terminalEvent)) : null,
    because: state === 'stopped' ? stoppedBecause(terminalEvent) : null,
    lastLines: state === 'died' ? lastLines(history, window) : [],
    enabled: enabledCommands(state, files, { stage, checkpoints: history.checkpoints }, window),
    isMeasuring: window.isMeasuring === true,
    pending: window.pending ?? null,
    asked: state === 'running' ? (window.asked ?? null) : null,
    // In twentieths: enough for a person, and seldom enough not to be news ten times a second.
    reading: reading === null ? null : Math.floor(reading * 20) / 20,
  };
}

/** Where a run stands and what it does. Of what a process before the living one said, only what was saved is still true. */
function standing(
  { isAlive, trainer }: RunFilesContent,
  { terminalEvent, stage, progress, step, stepTime, heardTime, checkpoints }: RunHistory,
): Pick<RunHistory, 'terminalEvent' | 'progress' | 'step'> & { readonly stage: string | undefined } {
  if (isAlive !== true || !isEarlier(stepTime, trainer)) {
    return { terminalEvent, stage, progress, step };
  }
  const saved = checkpoints.at(-1)?.step ?? 0;
  const ended = isEarlier(terminalEvent?.time, trainer) ? undefined : terminalEvent;
  return isEarlier(heardTime, trainer)
    ? { terminalEvent: ended, stage: 'starting', progress: undefined, step: saved }
    : { terminalEvent: ended, stage, progress, step: saved };
}

function timeLeft({ plan, steps }: RunFilesContent, history: RunHistory, step: number): number | null {
  const { evaluationSeconds, refreshSeconds, answersSeconds, taskSeconds } = history;
  const { stepsPerSecond } = history.clock;
  if (plan === undefined) {
    return stepsPerSecond === undefined || steps === undefined
      ? null
      : Math.max(0, steps - step) / stepsPerSecond;
  }
  const pace = { stepsPerSecond, evaluationSeconds, refreshSeconds, answersSeconds, taskSeconds };
  return secondsLeft(step, plan, pace) ?? null;
}

/** What this window started last is not in the folder yet. */
function stateIn({ isStarting, failure }: RunWindow, state: ShownState): ShownState {
  if (state === 'running' || state === 'paused') {
    return state;
  }
  return isStarting === true ? 'starting' : failure === undefined ? state : 'failed';
}

function errorOf(terminalEvent: TerminalEvent | undefined): string | null {
  return terminalEvent?.type === 'error' ? terminalEvent.message : null;
}

function stoppedBecause(terminalEvent: TerminalEvent | undefined): string | null {
  return terminalEvent?.type === 'status' && terminalEvent.status === 'stopped'
    ? (terminalEvent.message ?? null)
    : null;
}

function engineOf(engine: Record<string, unknown> | undefined): RunSummary['engine'] {
  return typeof engine?.engine === 'string' && typeof engine.device === 'string'
    ? {
        engine: engine.engine,
        device: engine.device,
        ...(typeof engine.ranks === 'number' ? { ranks: engine.ranks } : {}),
      }
    : null;
}

function lastLines(history: RunHistory, { output }: RunWindow): string[] {
  return output !== undefined && output.length > 0
    ? output.slice(-LAST_LINES)
    : history.log.last(LAST_LINES).map(({ text }) => text);
}

function enabledCommands(
  state: ShownState,
  files: RunFilesContent,
  { stage, checkpoints }: Pick<RunHistory, 'checkpoints'> & { readonly stage: string | undefined },
  window: RunWindow,
): RunCommand[] {
  const { isTrusted, pending, failure } = window;
  const notStarted = failure !== undefined && !files.hasConfig;
  const isBetweenSteps = state === 'running' && ['started', 'resumed', 'tuning'].includes(stage ?? '');
  // The trainer grants these while it is paused as well.
  const takesMinor = isBetweenSteps || state === 'paused';
  const reachable = files.trainer !== undefined && files.trainer.socket !== null;
  const possible: Record<RunCommand, boolean> = {
    pause: isTrusted && reachable && isBetweenSteps,
    resume:
      isTrusted &&
      (state === 'paused' ? reachable : ['stopped', 'failed', 'died'].includes(state) && !notStarted),
    runAgain: isTrusted && state === 'failed' && notStarted,
    delete: isTrusted && (state === 'gone' || (state === 'failed' && notStarted)),
    stop: isTrusted && reachable && (state === 'running' || state === 'paused'),
    checkpoint: isTrusted && reachable && takesMinor,
    setLearningRate: isTrusted && reachable && takesMinor,
    openConfig: (files.hasConfig && files.exists) || window.hasConfig === true,
    openFolder: files.exists,
    openLog: files.exists,
    shareReport: files.exists,
    export: isTrusted && checkpoints.length > 0 && files.exists,
  };
  return (Object.keys(possible) as RunCommand[]).filter(
    (command) => possible[command] && command !== pending,
  );
}
