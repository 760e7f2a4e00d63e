import { inputError } from '../../shared/common/errors';
import type { ControlMethod } from '../../shared/run/protocol';
import { RunFolder } from '../../node/run/runFolder';
import { isAlive } from '../../node/run/runStatus';
import { kill, type ProcessIdentity, terminate } from '../process/signalProcess';
import { nameOf, type RunEntry } from './runEntry';

/** Past this a step takes so long that the person decides. */
const TIMEOUT_MILLISECONDS = 30_000;

/** What a person asks of a trainer. */
export type Wish =
  | { readonly method: Exclude<ControlMethod, 'status' | 'setLearningRate'> }
  | { readonly method: 'setLearningRate'; readonly value: number };

/**
 * Asks the trainer of a run for something.
 * @throws NoAnswer when it does not answer; AdeptError when no trainer works on the run.
 */
export async function steer(run: RunEntry, wish: Wish): Promise<void> {
  if (run.state === 'starting' && run.launch !== undefined) {
    stopStarting(run, run.launch, wish);
    return;
  }
  const trainer = RunFolder.at(run.path).readTrainer();
  if (trainer === undefined || trainer.socket === null || !isAlive(trainer)) {
    throw inputError(`${run.path}: no trainer works on this run: resume it first.`);
  }
  // Only who steers a run needs the connection.
  const { callTrainer } = await import('../../node/process/controlClient');
  if (wish.method === 'setLearningRate') {
    await callTrainer(trainer.socket, wish.method, { value: wish.value }, TIMEOUT_MILLISECONDS);
  } else {
    await callTrainer(trainer.socket, wish.method, {}, TIMEOUT_MILLISECONDS);
  }
}

function stopStarting(run: RunEntry, launch: ProcessIdentity, { method }: Wish): void {
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
