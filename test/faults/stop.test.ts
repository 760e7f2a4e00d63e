import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { RunFolder } from '../../src/node/run/runFolder';
import { AS_OPTIONS } from '../../src/shared/settings/naming';
import type { RunEvent } from '../../src/shared/run/runFolder';
import type { Engine } from '../../src/trainer/tfjs/engine/engine';
import { RunLease } from '../../src/trainer/jobs/lease/runLease';
import { readTuneInput } from '../../src/trainer/jobs/tune/tuneInput';
import { preparing, tuneAt } from '../../src/trainer/jobs/tune/tuneRun';
import { TfjsExecutor } from '../../src/trainer/tfjs/tfjsExecutor';
import { SILENT_TASK } from '../../src/trainer/task';
import { adeptResult } from '../support/command';
import { onEveryEngine } from '../support/engines';
import { EVERYTHING, makeLifeWorld, tuneArgs, type LifeWorld, type Plan } from './lifeWorld';
import { assertSameCheckpoint, assertSameSteps, readRun } from './runs';
import { copyOf } from './world';

const folder = mkdtempSync(join(tmpdir(), 'adept-life-'));
let world: LifeWorld;
before(async () => {
  world = await makeLifeWorld(folder);
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Works on a run until just after a step, as `adept stop` at that moment would have it. */
async function workUntil(run: string, step: number, engine: Engine): Promise<void> {
  const target = RunFolder.open(run);
  const input = await readTuneInput(target.readSpec(), AS_OPTIONS, SILENT_TASK);
  let stop = (): void => undefined;
  const onEvent = (event: RunEvent): void => {
    if (event.type === 'step' && event.step === step) {
      stop();
    }
  };
  const hooks = { task: SILENT_TASK, onEvent };
  const options = { folder: target, engine: engine.describe(), hooks, status: preparing(input.spec.tune) };
  const outcome = await RunLease.hold(options, (lease) => {
    stop = () => {
      lease.requests.requestStop();
    };
    return tuneAt(lease, input, new TfjsExecutor(engine));
  });
  assert.deepEqual([outcome.status, outcome.step], ['stopped', step]);
}

/** What was measured on the way, without the time it took. */
function measured(events: readonly RunEvent[]): unknown[] {
  return events.flatMap((event): unknown[] =>
    event.type === 'importance'
      ? [[event.step, event.source, event.units]]
      : event.type === 'eval'
        ? [[event.step, event.domainLoss, event.generalLoss]]
        : [],
  );
}

const CASES: readonly { title: string; plan: Plan; stops: readonly number[] }[] = [
  {
    title:
      'shuffled, cosine with warm-up, accumulation, importance refreshed every 10 steps: stopped at 30 and at 37',
    plan: EVERYTHING,
    stops: [30, 37],
  },
  {
    title: 'in the given order, linear, importance refreshed every 3 steps: stopped while it warms up',
    plan: {
      ...{
        steps: 14,
        lr: 3e-3,
        'update-every': 3,
        order: 'given',
        schedule: 'linear',
        warmup: 8,
        'unit-definition': 'paper',
      },
      ...{ 'save-every': 4, 'eval-every': 5 },
    },
    stops: [6],
  },
];

onEveryEngine('a run that is stopped and goes on', (test) => {
  for (const { title, plan, stops } of CASES) {
    test(`computes what it does without the stop, bit for bit: ${title}`, async (engine) => {
      const straight = join(folder, `straight-${engine.kind}-${stops.join('-')}`);
      const [run, steps] = [`${straight}-stopped`, Number(plan.steps)];
      await adeptResult(tuneArgs(world, straight, plan, engine.kind));
      // A run that was created and never begun.
      copyOf(join(straight, 'run.json'), join(run, 'run.json'));
      for (const step of stops) {
        await workUntil(run, step, engine);
      }
      assert.equal((await adeptResult(['resume', run])).status, 'done');
      const [actual, expected] = [readRun(run), readRun(straight)];
      assertSameSteps(actual, expected);
      assert.equal(actual.steps.length, steps, 'no step is done twice');
      assert.deepEqual(measured(actual.events), measured(expected.events));
      assertSameCheckpoint(run, straight, steps);
      const tensors = new Set([...actual.steps, ...expected.steps].map((event) => event.tensors));
      assert.equal(tensors.size, 1, `tensors alive: ${[...tensors].join(', ')}`);
    });
  }
});
