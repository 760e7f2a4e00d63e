import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { failure, inputError } from '../../shared/common/errors';
import { callTrainer } from '../../node/process/controlClient';
import { statusOf } from '../../node/run/runStatus';
import { isAlive } from '../../node/run/runState';
import { jsonCommand, withOutput } from '../common/options';
import { nats, table } from '../common/output';
import { requireRun } from './run';

const POLL_MILLISECONDS = 100;

export function statusCommand(): Command {
  return jsonCommand('status', 'report the state of a run')
    .argument('<RUNDIR>', 'run folder')
    .action(
      withOutput((output, _raw, path = '') => {
        const status = statusOf(requireRun(path));
        const rows = [
          ['state', status.state],
          ...(status.silentSeconds === null
            ? []
            : [['no heartbeat', `for ${status.silentSeconds} s: busy with a long computation, or hangs`]]),
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
  return jsonCommand('stop', 'save a checkpoint and end a run')
    .argument('<RUNDIR>', 'run folder')
    .action(
      withOutput(async (output, _raw, path = '') => {
        const run = requireRun(path);
        const trainer = run.readTrainer();
        if (trainer === undefined || trainer.socket === null || !isAlive(trainer)) {
          throw inputError(
            `${run.path}: no trainer works on this run, so there is nothing to stop; continue it with "adept resume ${path}".`,
          );
        }
        await callTrainer(trainer.socket, { method: 'stop' }).catch((error: unknown) => {
          // It may have come to its end by itself.
          if (isAlive(run.readTrainer() ?? trainer)) {
            throw error;
          }
        });
        while (isAlive(run.readTrainer() ?? trainer)) {
          await setTimeout(POLL_MILLISECONDS);
        }
        const status = statusOf(run);
        if (status.state !== 'stopped' && status.state !== 'done') {
          throw failure(
            `${run.path}: the trainer ended without saving (${status.error ?? status.state}): resume from its last checkpoint.`,
          );
        }
        output.result(status, `${status.state} at step ${status.step}; continue with: adept resume ${path}`);
      }),
    );
}
