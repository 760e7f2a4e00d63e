// `npm run bench:history`: how fast the history of a long run opens. Writes a log of a million events into a temporary folder,
// then measures, in a process of its own, the time to the first picture and until all of it is read.
import { build } from 'esbuild';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const EVENTS = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = 5;
const UNITS = 24;

/** @returns {() => number} seeded numbers from 0 to 1 */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The lines of a run that evaluates, saves and measures every 500 steps and was resumed ten times. */
function* lines() {
  const random = seeded(7);
  let step = 0;
  let seq = 0;
  let time = Date.parse('2026-11-25T08:00:00Z');
  const line = (event) => {
    time += 50;
    return `${JSON.stringify({ seq: seq++, time: new Date(time).toISOString(), ...event })}\n`;
  };
  yield line({ type: 'status', status: 'started', step: 0, engine: { engine: 'native', device: 'CPU' } });
  while (seq < EVENTS) {
    step += 1;
    yield line({
      type: 'step',
      step,
      loss: 2 + Math.exp(-step / 1e5) + random() / 10,
      learningRate: 1e-4 * (1 - step / EVENTS),
      tokensPerSecond: 1000 + random() * 100,
      gradNorm: random(),
      tensors: 123,
    });
    if (step % 500 === 0) {
      const losses = { domainLoss: 2 + random(), generalLoss: 1 + random() };
      const units = Array.from({ length: UNITS }, (_, unit) => ({
        layer: unit < 12 ? 3 : 8,
        name: `unit${unit % 12}`,
        importance: random(),
        learningRate: random() * 1e-4,
      }));
      yield line({ type: 'eval', step, ...losses, seconds: 1.5 });
      yield line({ type: 'importance', step, source: 'added layers', units });
      yield line({ type: 'checkpoint', step, path: `checkpoints/${step}`, ...losses });
    }
    if (step % Math.floor(EVENTS / 10) === 0) {
      step -= step % 500;
      yield line({ type: 'status', status: 'resumed', step });
    }
  }
}

async function writeLog(file) {
  const stream = createWriteStream(file);
  let text = '';
  for (const line of lines()) {
    text += line;
    if (text.length > 2 ** 20) {
      if (!stream.write(text)) {
        await once(stream, 'drain');
      }
      text = '';
    }
  }
  stream.end(text);
  await once(stream, 'finish');
}

async function measure(HistoryReader, file) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const before = process.cpuUsage();
  const begin = performance.now();
  delay.enable();
  let first;
  let firstCpu;
  const history = new HistoryReader(file);
  await history.readOn(() => {
    if (first === undefined && history.isKnown) {
      history.record.loss.take(true);
      first = performance.now() - begin;
      firstCpu = process.cpuUsage(before);
    }
  });
  history.record.loss.take(true);
  delay.disable();
  const complete = performance.now() - begin;
  const { user, system } = process.cpuUsage(before);
  return {
    first: first ?? complete,
    complete,
    firstCpu: firstCpu === undefined ? 0 : (firstCpu.user + firstCpu.system) / 1000,
    cpu: (user + system) / 1000,
    longestBlock: delay.max / 1e6,
    block99: delay.percentile(99) / 1e6,
    points: history.record.loss.take(true).extremes.x.length,
    step: history.record.step,
    evals: history.record.evals.length,
  };
}

const folder = mkdtempSync(join(tmpdir(), 'adept-bench-'));
try {
  const bundle = join(folder, 'runHistory.mjs');
  await build({
    entryPoints: [join(root, 'src/node/run/historyReader.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: bundle,
    logLevel: 'warning',
  });
  const { HistoryReader } = await import(pathToFileURL(bundle).href);
  const file = join(folder, 'events.ndjson');
  await writeLog(file);
  console.log(
    `${EVENTS} events, ${(statSync(file).size / 1e6).toFixed(0)} MB; Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, load ${loadavg()[0]?.toFixed(1)}`,
  );
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push(await measure(HistoryReader, file));
  }
  const range = (key) => {
    const sorted = rounds.map((result) => result[key]).sort((a, b) => a - b);
    const [low, middle, high] = [sorted[0], sorted[ROUNDS >> 1], sorted.at(-1)].map((value) =>
      value.toFixed(0).padStart(6),
    );
    return `${middle} ms  (${low.trim()}–${high.trim()})`;
  };
  console.log(`first picture      ${range('first')}`);
  console.log(`  processor time   ${range('firstCpu')}`);
  console.log(`complete           ${range('complete')}`);
  console.log(`  processor time   ${range('cpu')}`);
  console.log(`longest block      ${range('longestBlock')}`);
  console.log(`99 % of blocks     ${range('block99')}`);
  const { points, step, evals } = rounds[0];
  console.log(`shown: ${points} points of ${step} steps, ${evals} evaluations`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
