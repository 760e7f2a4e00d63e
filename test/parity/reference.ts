import { after } from 'node:test';
import { parseWith } from '../../src/shared/common/parse';
import { LOADED_PYTHON } from '../support/loadedPython';
import { disagreement, readGolden, writeGolden } from './golden';
import { inputDigest } from './inputDigest';
import { JOBS, type JobName, type Request, type Result } from './jobs';
import { PythonWorker, type Versions } from './worker';

/**
 * What the PyTorch side says to a request: asked live where scripts/test.mjs provides Python (ADEPT_PARITY_PYTHON is the
 * interpreter), and otherwise the committed golden value, which is good for the very same inputs only. A live result is
 * held against the golden one, so that a stale one fails; ADEPT_UPDATE_GOLDEN=1 writes it anew instead.
 * @param goldenName file name below test/parity/golden, without its ending
 */
export async function reference<J extends JobName>(
  job: J,
  request: Request<J>,
  goldenName: string,
): Promise<Result<J>> {
  const inputs = inputDigest(job, request);
  const golden = readGolden(goldenName);
  const python = await live();
  if (python === undefined) {
    if (golden?.inputs !== inputs) {
      const what = golden === undefined ? 'is missing' : 'was made from other inputs';
      throw new Error(
        `test/parity/golden/${goldenName}.json ${what}: run the tests with Python and ADEPT_UPDATE_GOLDEN=1.`,
      );
    }
    return parse(job, golden.result, goldenName);
  }
  const result = await askOnce(python.worker, { job, inputs, request });
  const kept = keptPart(result);
  if (process.env.ADEPT_UPDATE_GOLDEN === '1') {
    writeGolden(goldenName, {
      format: 'adept.golden/1',
      job,
      inputs,
      versions: python.versions,
      result: kept,
    });
    return result;
  }
  const stale =
    golden?.inputs === inputs
      ? disagreement(kept, golden.result, JOBS[job].tolerance)
      : 'it was made from other inputs';
  if (stale !== undefined) {
    throw new Error(
      `test/parity/golden/${goldenName}.json is stale (${stale}): run with ADEPT_UPDATE_GOLDEN=1 and look at what changes.`,
    );
  }
  return result;
}

/** As {@link reference}, for inputs that no golden value can know; undefined without Python. */
export async function liveReference<J extends JobName>(
  job: J,
  request: Request<J>,
): Promise<Result<J> | undefined> {
  const python = await live();
  return python && ask(python.worker, job, request);
}

/** Results that were asked for already, by their inputs: both engines are held against the same ones. */
const answers = new Map<string, Promise<Result<JobName>>>();

function askOnce<J extends JobName>(
  worker: PythonWorker,
  { job, inputs, request }: { readonly job: J; readonly inputs: string; readonly request: Request<J> },
): Promise<Result<J>> {
  const known = answers.get(inputs) as Promise<Result<J>> | undefined;
  const answer = known ?? ask(worker, job, request);
  answers.set(inputs, answer);
  return answer;
}

async function ask<J extends JobName>(worker: PythonWorker, job: J, request: Request<J>): Promise<Result<J>> {
  return parse(
    job,
    await worker.ask(job, parseWith(JOBS[job].request, request, `the request for "${job}"`)),
    'Python',
  );
}

function parse<J extends JobName>(job: J, value: unknown, where: string): Result<J> {
  return parseWith(JOBS[job].result, value, `${where}, "${job}"`);
}

/** All logits would make the golden files large; the sample stays. */
function keptPart(result: object): object {
  return Object.fromEntries(Object.entries(result).filter(([key]) => key !== 'all'));
}

interface LivePython {
  readonly worker: PythonWorker;
  readonly versions: Versions;
}

let started: Promise<LivePython | undefined> | undefined;

/** The worker, started at the first need; says once in each test file which of the two ways is taken. */
function live(): Promise<LivePython | undefined> {
  started ??= start();
  return started;
}

async function start(): Promise<LivePython | undefined> {
  const python = process.env.ADEPT_PARITY_PYTHON;
  if (python === undefined || python === '') {
    process.stderr.write(
      'parity: golden values of test/parity/golden (ADEPT_PARITY_PYTHON names no Python)\n',
    );
    return undefined;
  }
  const { worker, versions } = await PythonWorker.start(LOADED_PYTHON);
  process.stderr.write(
    `parity: live, ${python} with torch ${versions.torch}, transformers ${versions.transformers}\n`,
  );
  return { worker, versions };
}

after(async () => {
  (await started)?.worker.close();
});
