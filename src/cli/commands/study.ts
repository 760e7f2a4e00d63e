import { join } from 'node:path';
import type { Command } from 'commander';
import { readRunConfig } from '../../node/job/runConfigFile';
import { readStudyConfig } from '../../node/job/studyConfigFile';
import { writeFileAtomic } from '../../node/files/atomicFile';
import { failure } from '../../shared/common/errors';
import { formatChange } from '../../shared/common/metricText';
import { ENGLISH } from '../../shared/common/localizer';
import { asKeysOf } from '../../shared/settings/naming';
import type { StudyConfig } from '../../shared/study/study';
import { plannedRuns, armConfig, checkStudy, armsOf, armText } from '../../shared/study/study';
import { summarize, writtenRange, type ArmSummary, type Spread } from '../../shared/study/studySummary';
import { studyPlot } from '../../shared/study/studyPlot';
import { checkJob } from '../../trainer/jobs/whole/jobInput';
import { runStudy } from '../../trainer/jobs/study/study';
import { addEngine, engineOf, jsonCommand, requiredText, withOutput } from '../common/options';
import { table } from '../common/output';
import { logEvent } from '../common/runLog';
import { withExecutor } from '../common/withExecutor';

export function studyCommand(): Command {
  const command = jsonCommand('study', 'run a job with several methods and seeds, and compare them').option(
    '--config <FILE>',
    '*.study.json',
  );
  return addEngine(command).action(
    withOutput(async (output, raw) => {
      const file = requiredText(raw, 'config', '--config');
      const study = readStudyConfig(file);
      const base = readRunConfig(study.job);
      for (const arm of armsOf(study)) {
        const config = armConfig(base, study, arm, 0, join(study.out, 'runs', `${arm}-0`));
        await checkJob(config, asKeysOf(study.job), output.task);
      }
      checkStudy(study, base, file);
      const engine = engineOf(raw, { ...base, naming: asKeysOf(study.job) });
      const result = await withExecutor(engine, output, (executor) =>
        runStudy(study, base, executor, {
          task: output.task,
          onEvent: (_, event) => {
            logEvent(output, event);
          },
        }),
      );
      const summaries = summarize(result);
      writeFileAtomic(join(study.out, 'study.svg'), Buffer.from(studyPlot(summaries)));
      const planned = plannedRuns(result).length;
      const done = summaries.reduce((sum, { seeds }) => sum + seeds, 0);
      const { failures } = result;
      output.result(
        { out: study.out, done, planned, arms: summaries, failures },
        `${summaryTable(summaries, study)}\n\n${done} of ${planned} runs are done; written: ${study.out}`,
      );
      if (failures.length > 0) {
        const each = failures.map(({ arm, seed, message }) => `${arm}-${seed}: ${message}`);
        throw failure(
          `${failures.length} runs failed; they are retried when the study is run again:\n${each.join('\n')}`,
        );
      }
    }),
  );
}

/** An arm a row, mean and range over seeds. */
function summaryTable(summaries: readonly ArmSummary[], study: StudyConfig): string {
  const range = (spread: Spread, show: (value: number) => string): string => {
    const written = writtenRange(spread, show);
    return written === undefined ? show(spread.mean) : `${show(spread.mean)} (${written.join(' to ')})`;
  };
  const nats = (value: number): string => value.toFixed(4);
  const points = (value: number): string => (value * 100).toFixed(1);
  const rows = summaries.map((summary) => [
    summary.arm,
    String(summary.seeds),
    range(summary.domainGain, nats),
    range(summary.generalRise, formatChange),
    summary.accuracyRise === undefined ? '–' : range(summary.accuracyRise, points),
    summary.tokensChanged === undefined ? '–' : range(summary.tokensChanged, points),
    range(summary.trainingSeconds, (value) => value.toFixed(0)),
    `${(summary.trainableShare * 100).toFixed(1)}%`,
  ]);
  const heading = [
    'arm',
    'seeds',
    'domain gain, nats',
    'change of general loss, nats',
    'accuracy, points',
    'tokens changed, %',
    'seconds',
    'trained',
  ];
  const legend = summaries.map(({ arm }) => `${arm}: ${armText(arm, study, ENGLISH)}`);
  return `${table([heading, ...rows])}\n\n${legend.join('\n')}`;
}
