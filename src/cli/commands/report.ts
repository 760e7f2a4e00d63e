import { resolve } from 'node:path';
import type { Command } from 'commander';
import { inputError } from '../../shared/common/errors';
import { requireWritableFile } from '../../node/files/outputFile';
import { usualReport, writeReport } from '../../node/report/writeReport';
import { mendRecords } from '../../node/run/records/recordFiles';
import type { RunFolder } from '../../node/run/runFolder';
import { isAlive } from '../../node/run/runState';
import { jsonCommand, textOf, withOutput } from '../common/options';
import { requireRun } from './run';

export function reportCommand(): Command {
  return jsonCommand('report', 'write a run as one page that opens anywhere')
    .argument('<RUNDIR>', 'run folder')
    .option('--out <FILE.html>', 'the page (default: report.html in the run folder)')
    .option(
      '--tensorboard',
      "make TensorBoard's event file and metrics.csv of the run's log, as a trainer keeps them; no page without --out",
    )
    .action(
      withOutput(async (output, raw, path = '') => {
        const run = requireRun(path);
        const given = textOf(raw, 'out');
        const wanted = raw.tensorboard === true;
        const page = given ?? (wanted ? undefined : usualReport(run));
        if (page !== undefined) {
          requireWritableFile(page, '--out');
        }
        const records = wanted ? makeRecords(run) : undefined;
        if (page !== undefined) {
          await writeReport(run, page);
        }
        const made = {
          page: page === undefined ? null : resolve(page),
          tensorboard: records?.tensorboard ?? null,
          metrics: records?.metrics ?? null,
        };
        output.result(
          { run: run.path, ...made },
          Object.values(made)
            .filter((file) => file !== null)
            .join('\n'),
        );
      }),
    );
}

/** @throws AdeptError (input) where a trainer keeps them, or there is nothing to keep */
function makeRecords(run: RunFolder): ReturnType<typeof mendRecords> {
  const trainer = run.readTrainer();
  if (trainer !== undefined && isAlive(trainer)) {
    throw inputError(
      `--tensorboard: a trainer works on ${run.path} and keeps these files itself: leave the option out, or stop the run first.`,
    );
  }
  const records = mendRecords(run);
  if (records === undefined) {
    throw inputError(
      `--tensorboard: ${run.file('events')} holds no step and no evaluation: train the run first.`,
    );
  }
  return records;
}
