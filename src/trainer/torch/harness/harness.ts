import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure } from '../../../shared/common/errors';
import { readTorchInstall, torchGpus } from '../../../node/engines/torchInstall';
import { readJson } from '../../../node/files/jsonFile';
import { Cancelled, type Task } from '../../task';
import { runPython, type PythonEnded } from '../interpreter/runPython';
import { parseHarnessOutput, type HarnessOutput } from './harnessOutput';
import { missingDataText } from './missingData';

export interface HarnessRequest {
  /** A Hugging Face folder. */
  readonly model: string;
  /** As the harness calls them; groups, too. */
  readonly tasks: readonly string[];
  /** Questions of a task at most. */
  readonly limit?: number | undefined;
  /** Examples before each question; as each task has it when left out. */
  readonly shots?: number | undefined;
  /** Of matrix products; `auto` is the type of the weights. */
  readonly dtype: 'auto' | 'float32' | 'bfloat16';
  readonly batchSize: number;
  /** A folder of further task files. */
  readonly include?: string | undefined;
}

/** What ends a Python program; bars of progress may come after it. */
const EXCEPTION = /^[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit)\b/;

/**
 * Has lm-evaluation-harness, of the Python that was set up for the engine torch, measure a model.
 * @param onLine told of whatever it says
 * @throws AdeptError (failure) saying what is missing and how to get it, or what the harness said last; Cancelled
 */
export async function runHarness(
  request: HarnessRequest,
  onLine: (line: string) => void,
  task: Task,
): Promise<HarnessOutput> {
  const install = readTorchInstall();
  if (install === undefined || !existsSync(install.interpreter)) {
    throw failure(
      'lm-evaluation-harness runs in the Python of the engine torch, and none is set up: run "adept setup --torch".',
    );
  }
  const { interpreter, facts } = install;
  await requireHarness(interpreter, task);
  const out = mkdtempSync(join(tmpdir(), 'adept-harness-'));
  try {
    const device = torchGpus(facts) > 0 ? 'cuda' : 'cpu';
    const lines: string[] = [];
    const ended = await python(interpreter, harnessArguments(request, device, out), task, (line) => {
      lines.push(line);
      onLine(line);
    });
    const file = ended.status === 0 ? resultsFile(out) : undefined;
    if (file === undefined) {
      throw failure(reasonOf(ended, lines));
    }
    return parseHarnessOutput(readJson(file), file);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** @throws AdeptError (failure) with the line that installs it */
async function requireHarness(interpreter: string, task: Task): Promise<void> {
  const script = 'from importlib.metadata import version; print(version("lm_eval"))';
  const { status } = await python(interpreter, ['-c', script], task);
  if (status !== 0) {
    throw failure(
      `lm-evaluation-harness is not installed in the Python of the engine torch: run ${interpreter} -m pip install "lm_eval[hf]>=0.4.9".`,
    );
  }
}

async function python(
  interpreter: string,
  args: readonly string[],
  { signal }: Task,
  onLine: (line: string) => void = () => undefined,
): Promise<PythonEnded> {
  return runPython(interpreter, args, { signal, onLine, onStop: () => new Cancelled() });
}

/** Of `lm_eval run`, spelled as 0.4.9 and later take it. */
function harnessArguments(
  { model, tasks, limit, shots, dtype, batchSize, include }: HarnessRequest,
  device: string,
  out: string,
): string[] {
  const options: Readonly<Record<string, string | number | undefined>> = {
    // As JSON, since a path may hold a comma.
    ...{ model: 'hf', model_args: JSON.stringify({ pretrained: model, dtype }), tasks: tasks.join(), device },
    ...{ batch_size: batchSize, output_path: out, limit, num_fewshot: shots, include_path: include },
  };
  return [
    ...['-m', 'lm_eval'],
    ...Object.entries(options).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}`, String(value)],
    ),
  ];
}

/** It makes a folder by the model's name, and in it a file by the time. */
function resultsFile(out: string): string | undefined {
  const names = readdirSync(out, { recursive: true, encoding: 'utf8' });
  const found = names.find((name) => /(?:^|[\\/])results_[^\\/]*\.json$/.test(name));
  return found === undefined ? undefined : join(out, found);
}

function reasonOf({ status, lastError }: PythonEnded, lines: readonly string[]): string {
  const missing = missingDataText(lines);
  if (missing !== undefined) {
    return `lm-evaluation-harness: ${missing}`;
  }
  const last = lines.findLast((line) => EXCEPTION.test(line)) ?? lastError;
  return `lm-evaluation-harness ended with ${String(status)} and without results (${last}): correct what it names, or see its lines above.`;
}
