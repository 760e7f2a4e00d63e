import { basename } from 'node:path';
import type { RunCommand, RunExit, RunHead, RunState } from '../../shared/webview/run';
import type { RunFacts } from '../run/runFacts';
import type { RunHistory } from '../run/runHistory';
import type { TerminalEvent, RunRecord } from '../run/runRecord';

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
  readonly isTrusted: boolean;
  /** The remote that the window works on. */
  readonly remoteName: string | undefined;
  readonly pending: RunCommand | undefined;
}

/** Everything that a run panel says about a run beside its series. */
export function runHead(
  folder: string,
  facts: RunFacts,
  record: RunRecord,
  window: RunWindow,
  { isKnown, reading }: Pick<RunHistory, 'isKnown' | 'reading'>,
): RunHead {
  const { terminalEvent, lastStep, step } = record;
  const state = isKnown ? stateIn(window, runState(terminalEvent, facts)) : 'opening';
  const steps = facts.steps ?? null;
  const speed = state === 'running' ? record.clock.stepsPerSecond : undefined;
  const best = record.loss.lowest;
  return {
    name: basename(folder),
    folder,
    model: facts.model ?? null,
    state,
    stage: record.stage ?? null,
    progress:
      record.progress === undefined || state !== 'running'
        ? null
        : { fraction: record.progress.fraction, message: record.progress.message },
    step,
    steps,
    secondsLeft: speed === undefined || steps === null ? null : Math.max(0, steps - step) / speed,
    startedAt: record.startedAt ?? facts.createdAt ?? null,
    engine: engineOf(record.engine ?? facts.trainer?.engine),
    remoteName: window.remoteName ?? null,
    gradNorm: lastStep?.gradNorm ?? null,
    bestTrainingLoss: best === undefined ? null : { step: best[0], value: best[1] },
    exit: state === 'died' || state === 'failed' ? (window.exit ?? null) : null,
    error: state === 'failed' ? (window.failure ?? errorOf(terminalEvent)) : null,
    lastLines: state === 'died' ? lastLines(record, window) : [],
    enabled: enabledCommands(state, facts, record, window),
    pending: window.pending ?? null,
    // In twentieths: enough for a person, and seldom enough not to be news ten times a second.
    reading: reading === null ? null : Math.floor(reading * 20) / 20,
  };
}

/** What became of a run, from the last event in its log and what its files say. */
export function runState(
  terminalEvent: TerminalEvent | undefined,
  { isAlive, isUnfinishedJob }: Pick<RunFacts, 'isAlive' | 'isUnfinishedJob'>,
): RunState {
  const status = terminalEvent?.type === 'status' ? terminalEvent.status : undefined;
  if (isAlive === true) {
    return status === 'paused' ? 'paused' : 'running';
  }
  switch (terminalEvent?.type) {
    case undefined:
      return isAlive === undefined ? 'waiting' : 'died';
    case 'error':
      return 'failed';
    case 'done':
      return isUnfinishedJob ? 'died' : 'done';
    case 'status':
      return status === 'stopped' ? 'stopped' : 'died';
  }
}

/** What this window started last is not in the folder yet. */
function stateIn({ isStarting, failure }: RunWindow, state: RunState): RunState {
  if (state === 'running' || state === 'paused') {
    return state;
  }
  return isStarting === true ? 'starting' : failure === undefined ? state : 'failed';
}

function errorOf(terminalEvent: TerminalEvent | undefined): string | null {
  return terminalEvent?.type === 'error' ? terminalEvent.message : null;
}

function engineOf(engine: Record<string, unknown> | undefined): RunHead['engine'] {
  return typeof engine?.engine === 'string' && typeof engine.device === 'string'
    ? { engine: engine.engine, device: engine.device }
    : null;
}

function lastLines(record: RunRecord, { output }: RunWindow): string[] {
  return output !== undefined && output.length > 0
    ? output.slice(-LAST_LINES)
    : record.log.last(LAST_LINES).map(({ text }) => text);
}

function enabledCommands(
  state: RunState,
  facts: RunFacts,
  { stage, checkpoints }: RunRecord,
  { isTrusted, pending }: RunWindow,
): RunCommand[] {
  const isBetweenSteps = state === 'running' && ['started', 'resumed', 'tuning'].includes(stage ?? '');
  const reachable = facts.trainer !== undefined && facts.trainer.socket !== null;
  const possible: Record<RunCommand, boolean> = {
    pause: isTrusted && reachable && isBetweenSteps,
    resume: isTrusted && (state === 'paused' ? reachable : ['stopped', 'failed', 'died'].includes(state)),
    stop: isTrusted && reachable && (state === 'running' || state === 'paused'),
    checkpoint: isTrusted && reachable && isBetweenSteps,
    setLearningRate: isTrusted && reachable && isBetweenSteps,
    openConfig: facts.hasConfig,
    openFolder: true,
    openLog: true,
    export: isTrusted && checkpoints.length > 0,
  };
  return (Object.keys(possible) as RunCommand[]).filter(
    (command) => possible[command] && command !== pending,
  );
}
