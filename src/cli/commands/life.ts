import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { failure, inputError } from '../../shared/errors';
import { readEvents } from '../../trainer/checkpoint/eventLog';
import type { RunFolder } from '../../trainer/checkpoint/runFolder';
import { callTrainer } from '../../trainer/jobs/controlClient';
import { isAlive } from '../../trainer/jobs/trainerPresence';
import { jsonCommand, withOutput } from '../options';
import { nats, table } from '../output';
import { requireRun } from './run';

const POLL_MILLISECONDS = 100;

export interface RunStatus {
  readonly run: string;
  /** died: its trainer is gone without having ended it. */
  readonly state: 'waiting' | 'running' | 'stopped' | 'done' | 'failed' | 'died';
  readonly step: number;
  readonly steps: number | null;
  readonly loss: number | null;
  readonly domainLoss: number | null;
  readonly generalLoss: number | null;
  readonly checkpoints: readonly number[];
  readonly pid: number | null;
  readonly error: string | null;
}

/** What a run folder says of its run. */
export function statusOf(run: RunFolder): RunStatus {
  const events = readEvents(run.file('events'));
  const last = <T extends (typeof events)[number]['type']>(
    type: T,
  ): Extract<(typeof events)[number], { type: T }> | undefined =>
    events.findLast((event): event is Extract<(typeof events)[number], { type: T }> => event.type === type);
  const trainer = run.readTrainer();
  const alive = trainer !== undefined && isAlive(trainer);
  const step = last('step');
  const evaluation = last('eval');
  const ending = events.findLast(({ type }) => type === 'done' || type === 'error' || type === 'status');
  return {
    run: run.path,
    state: alive ? 'running' : endedState(ending, trainer !== undefined),
    step: step?.step ?? 0,
    steps: run.hasSpec() ? run.readSpec().tune.steps : null,
    loss: step?.loss ?? null,
    domainLoss: evaluation?.domainLoss ?? null,
    generalLoss: evaluation?.generalLoss ?? null,
    checkpoints: run.checkpoints(),
    pid: alive ? trainer.pid : null,
    error: ending?.type === 'error' ? ending.message : null,
  };
}

function endedState(
  ending: ReturnType<typeof readEvents>[number] | undefined,
  started: boolean,
): RunStatus['state'] {
  if (ending === undefined) {
    return started ? 'died' : 'waiting';
  }
  if (ending.type === 'error') {
    return 'failed';
  }
  const finished = ending.type === 'done' || (ending.type === 'status' && ending.status === 'exporting');
  return finished ? 'done' : ending.type === 'status' && ending.status === 'stopped' ? 'stopped' : 'died';
}

export function statusCommand(): Command {
  return jsonCommand('status', 'say how far a run is')
    .argument('<RUNDIR>', 'run folder')
    .action(
      withOutput((output, _raw, path = '') => {
        const status = statusOf(requireRun(path));
        const rows = [
          ['state', status.state],
          ['step', `${status.step}${status.steps === null ? '' : ` of ${status.steps}`}`],
          ['loss', nats(status.loss)],
          ['domain loss', nats(status.domainLoss)],
          ['general loss', nats(status.generalLoss)],
          ['checkpoints', status.checkpoints.join(', ') || 'none'],
          ...(status.error === null ? [] : [['error', status.error]]),
        ];
        output.result(status, table(rows));
      }),
    );
}

export function stopCommand(): Command {
  return jsonCommand('stop', 'let a run save a checkpoint and end')
    .argument('<RUNDIR>', 'run folder')
    .action(
      withOutput(async (output, _raw, path = '') => {
        const run = requireRun(path);
        const trainer = run.readTrainer();
        if (trainer === undefined || trainer.socket === null || !isAlive(trainer)) {
          throw inputError(
            `${run.path}: no trainer works on this run, so there is nothing to stop; go on with "adept resume ${path}".`,
          );
        }
        await callTrainer(trainer.socket, 'stop', {});
        while (isAlive(run.readTrainer() ?? trainer)) {
          await setTimeout(POLL_MILLISECONDS);
        }
        const status = statusOf(run);
        if (status.state !== 'stopped' && status.state !== 'done') {
          throw failure(
            `${run.path}: the trainer ended without saving (${status.error ?? status.state}): resume from its last checkpoint.`,
          );
        }
        output.result(status, `${status.state} at step ${status.step}; go on with: adept resume ${path}`);
      }),
    );
}
