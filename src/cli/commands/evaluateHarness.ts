import { rmSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { inputError } from '../../shared/common/errors';
import type { HarnessResult, HarnessTask } from '../../shared/run/harness';
import { temporaryBeside } from '../../node/files/atomicFile';
import { keepHarnessResult, runAround } from '../../node/run/harnessResults';
import { removeLeftovers } from '../../node/process/leftovers';
import { RunFolder } from '../../node/run/runFolder';
import { runHarness, type HarnessRequest } from '../../trainer/torch/harness/harness';
import { exportModel } from '../../trainer/jobs/model/exportModel';
import type { Task } from '../../trainer/task';
import { countOf, modelOf, numberOf, requiredList, textOf, type RawOptions } from '../common/options';
import type { Output } from '../common/output';

/** Questions side by side, where nothing else is said: as `adept eval` has it. */
const BATCH_SIZE = 4;

/** A folder that the harness can load, and what it is of. */
interface Measured extends Pick<HarnessResult, 'model' | 'step' | 'alpha'> {
  readonly folder: string;
  /** Where the result is kept. */
  readonly run: RunFolder | undefined;
}

/** `adept eval --harness`: what lm-evaluation-harness measures of a model, or of a checkpoint of a run. */
export async function evaluateHarness(raw: RawOptions, output: Output): Promise<void> {
  const task = output.cancellableTask();
  const settings = settingsOf(raw);
  await withMeasured(raw, task, async ({ folder, run, ...of }) => {
    const begin = performance.now();
    const request: HarnessRequest = { model: folder, ...settings };
    const { lmEval, transformers, tasks } = await runHarness(
      request,
      (line) => {
        output.log(line);
      },
      task,
    );
    const result: HarnessResult = {
      ...{ time: new Date().toISOString(), ...of, lmEval, transformers, limit: settings.limit ?? null },
      ...{ seconds: (performance.now() - begin) / 1000, tasks: [...tasks] },
    };
    if (run !== undefined) {
      keepHarnessResult(run, result);
    }
    output.result(
      { ...result, keptIn: run === undefined ? null : run.file('harness') },
      [`lm-evaluation-harness ${lmEval}`, ...tasks.map(taskText)].join('\n'),
    );
  });
}

function settingsOf(raw: RawOptions): Omit<HarnessRequest, 'model'> {
  const engine = textOf(raw, 'engine') ?? 'auto';
  if (engine !== 'auto' && engine !== 'torch') {
    throw inputError(
      `--engine ${engine}: lm-evaluation-harness computes with PyTorch: leave the option out, or use "adept eval --format choices" or "generate".`,
    );
  }
  const dtype = textOf(raw, 'dtype');
  return {
    tasks: requiredList(raw, 'harness', '--harness'),
    limit: countOf(raw, 'limit', '--limit'),
    shots: countOf(raw, 'shots', '--shots', 0),
    dtype: dtype === 'float32' || dtype === 'bfloat16' ? dtype : 'auto',
    batchSize: countOf(raw, 'batchSize', '--batch-size') ?? BATCH_SIZE,
    include: textOf(raw, 'include'),
  };
}

/** The folder that was named, or a checkpoint of a run as a folder for as long as `work` takes. */
async function withMeasured(
  raw: RawOptions,
  task: Task,
  work: (measured: Measured) => Promise<void>,
): Promise<void> {
  const path = textOf(raw, 'run');
  const [step, alpha] = [numberOf(raw, 'checkpoint'), numberOf(raw, 'alpha')];
  if (path === undefined) {
    if (step !== undefined || alpha !== undefined) {
      throw inputError(
        `${step === undefined ? '--alpha' : '--checkpoint'}: is of a run: name it with --run.`,
      );
    }
    const folder = resolve(modelOf(raw));
    const run = runAround(folder);
    await work({ folder, run, model: basename(folder), step: null, alpha: null });
    return;
  }
  if (textOf(raw, 'model') !== undefined) {
    throw inputError('--model: name either a model or a run: with --run a checkpoint of it is measured.');
  }
  const run = RunFolder.open(path);
  const folder = temporaryBeside(run.file('harness'));
  // Of the folder alone: in its checkpoints a living trainer may be writing one.
  removeLeftovers(run.path);
  try {
    const made = await exportModel(run, { out: folder, step, alpha, listed: false }, task);
    await work({ folder, run, model: null, step: made.step, alpha: made.alpha });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `gsm8k, 5 shots, 60 of 1319 questions: exact_match (strict-match) 0.0167 ± 0.0167` */
function taskText({ task, shots, asked, all, metrics }: HarnessTask): string {
  const about = [
    task,
    ...(shots === null ? [] : [`${shots} shots`]),
    ...(asked === null || all === null ? [] : [`${asked} of ${all} questions`]),
  ];
  const values = metrics.map(({ metric, filter, value, stderr }) => {
    const name = filter === 'none' ? metric : `${metric} (${filter})`;
    return `${name} ${value.toFixed(4)}${stderr === null ? '' : ` ± ${stderr.toFixed(4)}`}`;
  });
  return `${about.join(', ')}: ${values.join(', ')}`;
}
