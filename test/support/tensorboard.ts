import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { TORCH_MISSING, TORCH_PYTHON } from './torchPython';

/** Every scalar of the event files in some folders, by TensorBoard's own loader, which checks every checksum. */
const READ = `
import json, os, sys
from tensorboard.backend.event_processing import event_accumulator, event_file_loader
from tensorboard.util import tensor_util

def scalars(folder):
    for name in sorted(os.listdir(folder)):
        if "tfevents" not in name:
            continue
        for event in event_file_loader.EventFileLoader(os.path.join(folder, name)).Load():
            for value in event.summary.value:
                assert value.metadata.plugin_data.plugin_name == "scalars", value
                yield [value.tag, event.step, event.wall_time, float(tensor_util.make_ndarray(value.tensor))]

def accumulated(folder):
    everything = event_accumulator.EventAccumulator(folder, size_guidance={event_accumulator.SCALARS: 0})
    everything.Reload()
    return {tag: [event.step for event in everything.Scalars(tag)] for tag in everything.Tags()["scalars"]}

print(json.dumps([{"scalars": list(scalars(f)), "steps": accumulated(f)} for f in sys.argv[1:]]))
`;

const Read = v.array(
  v.object({
    scalars: v.array(v.tuple([v.string(), v.number(), v.number(), v.number()])),
    steps: v.record(v.string(), v.array(v.number())),
  }),
);

/** Why TensorBoard cannot be asked here; node:test prints it. */
export const TENSORBOARD_MISSING: string | false =
  TORCH_MISSING ||
  (spawnSync(TORCH_PYTHON, ['-c', 'import tensorboard']).status !== 0 &&
    `${TORCH_PYTHON} has no tensorboard (test/parity/requirements.txt)`);

const TAGS: Readonly<Record<string, string>> = {
  loss: 'loss/train',
  domainLoss: 'loss/domain',
  generalLoss: 'loss/general',
  learningRate: 'learning_rate',
  tokensPerSecond: 'tokens_per_second',
  gradNorm: 'gradient_norm',
};
const COLUMNS = ['loss', 'domainLoss', 'generalLoss', 'learningRate', 'tokensPerSecond', 'gradNorm'];

type Line = Readonly<Record<string, unknown>> & { readonly time: string; readonly step: number };

/** The steps and evaluations of a log that count, found by going backwards: what a later line does again does not. */
function countingLines(run: string): Line[] {
  const lines = readFileSync(join(run, 'events.ndjson'), 'utf8').split('\n').slice(0, -1).reverse();
  const kept: Line[] = [];
  let before = { step: Infinity, eval: Infinity };
  for (const text of lines) {
    const line = JSON.parse(text) as Line & { type: string; status?: string };
    if (line.type === 'status' && (line.status === 'started' || line.status === 'resumed')) {
      const most = line.step + 1;
      before = { step: Math.min(before.step, most), eval: Math.min(before.eval, most) };
    } else if (line.type === 'step' && line.step < before.step) {
      kept.unshift(line);
      before = { step: line.step, eval: Math.min(before.eval, line.step) };
    } else if (line.type === 'eval' && line.step < before.eval) {
      kept.unshift(line);
      before = { step: Math.min(before.step, line.step + 1), eval: line.step };
    }
  }
  return kept;
}

/** Checks that metrics.csv has every number of the log that counts, in full precision, each step once. */
export function assertMetricsCsv(run: string): void {
  const rows = new Map<number, Line>();
  for (const line of countingLines(run)) {
    rows.set(line.step, { ...line, ...rows.get(line.step) });
  }
  const [, ...csv] = readFileSync(join(run, 'metrics.csv'), 'utf8').split('\r\n').slice(0, -1);
  assert.ok(csv.length > 0, `${run} has no row`);
  assert.deepEqual(
    csv,
    [...rows.values()].map((row) =>
      [row.step, row.time, ...COLUMNS.map((name) => row[name] ?? '')].map(String).join(','),
    ),
  );
  const files = readdirSync(run).filter((name) => name.includes('tfevents'));
  assert.equal(files.length, 1, files.join());
}

/** Checks that TensorBoard reads every scalar of the logs that counts, as float32, and no other. */
export function assertTensorboard(...runs: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(TORCH_PYTHON, ['-c', READ, ...runs], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const read = v.parse(Read, JSON.parse(stdout));
  for (const [index, run] of runs.entries()) {
    const lines = countingLines(run);
    const expected = lines.flatMap((line) =>
      COLUMNS.flatMap((name) => {
        const value = line[name];
        return typeof value === 'number'
          ? [[TAGS[name], line.step, Date.parse(line.time) / 1000, Math.fround(value)]]
          : [];
      }),
    );
    assert.ok(expected.length > 0);
    assert.deepEqual(read[index]?.scalars, expected, run);
    const losses = lines.filter(({ loss }) => loss !== undefined).map(({ step }) => step);
    assert.deepEqual(read[index]?.steps['loss/train'], losses, run);
  }
}
