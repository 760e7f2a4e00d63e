import { inputError } from '../../shared/common/errors';
import type { ControlRequest, TrainerCall, TrainerStatus } from '../../shared/run/protocol';
import { RunFolder } from '../../node/run/runFolder';
import { isAlive } from '../../node/run/runState';
import { kill, type ProcessIdentity, terminate } from '../process/signalProcess';
import { nameOf, type RunEntry } from './runEntry';

/** Past this a step takes so long that the person decides. */
const TIMEOUT_MILLISECONDS = 30_000;

/**
 * Asks the trainer of a run for something.
 * @throws NoAnswer when it does not answer; AdeptError when no trainer works on the run.
 */
export async function control(run: RunEntry, request: ControlRequest): Promise<void> {
  if (run.state === 'starting' && run.launch !== undefined) {
    stopStarting(run, run.launch, request);
    return;
  }
  await callTrainerOf(run, request);
}

/**
 * The base learning rate of the next step.
 * @throws as {@link control}
 */
export async function baseLearningRate(run: RunEntry): Promise<number> {
  return (await callTrainerOf(run, { method: 'status' })).baseLearningRate;
}

async function callTrainerOf(run: RunEntry, call: TrainerCall): Promise<TrainerStatus> {
  const trainer = RunFolder.at(run.path).readTrainer();
  if (trainer === undefined || trainer.socket === null || !isAlive(trainer)) {
    throw inputError(`${run.path}: no trainer works on this run: resume it first.`);
  }
  // Only who controls a run needs the connection.
  const { callTrainer } = await import('../../node/process/controlClient');
  return callTrainer(trainer.socket, call, TIMEOUT_MILLISECONDS);
}

function stopStarting(run: RunEntry, launch: ProcessIdentity, { method }: ControlRequest): void {
  if (method !== 'stop') {
    throw inputError(`${nameOf(run)} is starting: wait until it has, and try again.`);
  }
  terminate(launch);
}

/** Ends the process of a run without asking it. @returns whether there was one */
export function endProcess(run: RunEntry): boolean {
  const trainer = RunFolder.at(run.path).readTrainer();
  if (trainer !== undefined && isAlive(trainer)) {
    return kill(trainer);
  }
  return run.launch !== undefined && kill(run.launch);
}
