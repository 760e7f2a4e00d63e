import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as v from 'valibot';
import { COLUMNS, countingLines, scoreValues } from './records';
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

/** `gsm8k strictMatch low` is `score/gsm8k/strictMatch_low`. */
function scoreTag(name: string): string {
  const [task, metric, ...limit] = name.split(' ');
  return `score/${task}/${[metric, ...limit].join('_')}`;
}

/** Checks that TensorBoard reads every scalar of the logs that counts, as float32, and no other. */
export function assertTensorboard(...runs: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(TORCH_PYTHON, ['-c', READ, ...runs], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const read = v.parse(Read, JSON.parse(stdout));
  for (const [index, run] of runs.entries()) {
    const lines = countingLines(run);
    const expected = lines.flatMap((line) => {
      const fields = COLUMNS.flatMap((name): [string | undefined, number][] => {
        const value = line[name];
        return typeof value === 'number' ? [[TAGS[name], value]] : [];
      });
      const scores = scoreValues(line).map(([name, value]) => [scoreTag(name), value] as const);
      return [...fields, ...scores].map(([tag, value]) => [
        ...[tag, line.step, Date.parse(line.time) / 1000, Math.fround(value)],
      ]);
    });
    assert.ok(expected.length > 0);
    const found = read[index];
    assert.ok(found !== undefined);
    assert.deepEqual(found.scalars, expected, run);
    const losses = lines.filter(({ loss }) => loss !== undefined).map(({ step }) => step);
    assert.deepEqual(found.steps['loss/train'], losses, run);
  }
}
