import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { readModelConfig } from '../../src/node/model/modelConfig';
import { modelUnits } from '../../src/shared/model/modelUnits';
import { readEvents } from '../../src/node/run/eventWriter';
import { RunFolder } from '../../src/node/run/runFolder';
import { statusOf } from '../../src/node/run/runStatus';
import { checkpointPart, readCheckpointState } from '../../src/node/run/checkpointState';
import type { RunEvent } from '../../src/shared/run/runFolder';
import type { UnitRate } from '../../src/shared/method/unitRate';
import { evaluationInterval, lateLimit } from '../../src/shared/settings/tuneTogether';
import {
  forgettingResponse,
  forgettingViolation,
  type ForgettingResponse,
  type ForgettingRun,
} from '../../src/trainer/method/forgettingLimit';
import { ForgettingMonitor } from '../../src/trainer/jobs/tune/forgettingMonitor';
import { initialProgress } from '../../src/trainer/jobs/tune/progress';
import { TensorStore } from '../../src/trainer/safetensors/safetensors';
import { adeptResult } from '../support/command';
import { assertMetricsCsv, assertRecordsAsMade } from '../support/records';
import { projectRoot } from '../support/projectRoot';
import { temporaryFolder } from '../support/temporaryFolder';

const SAMPLE = join(projectRoot, 'media/sample');

describe('the violation on forgetting', () => {
  it('lets general loss rise up to the limit', () => {
    assert.equal(forgettingViolation(0.5, 2, 2.5), undefined);
    assert.equal(forgettingViolation(0, 2, 2), undefined);
    assert.equal(forgettingViolation(0, 2, 1.5), undefined);
  });

  it('names both losses, the rise and the limit', () => {
    assert.equal(
      forgettingViolation(0.02, 2.25, 2.375),
      'general loss is 2.3750 nats, 0.1250 more than the 2.2500 before tuning, and may rise by 0.02',
    );
  });

  it('counts what cannot be compared as too much', () => {
    assert.match(forgettingViolation(0.1, 2, null) ?? '', /not a finite number; it was 2\.0000/);
    assert.match(forgettingViolation(0.1, null, 2) ?? '', /unknown/);
  });
});

const shared = mkdtempSync(join(tmpdir(), 'adept-forgetting-'));
/** The sample with a layer more, which every run trains anew. */
const expanded = join(shared, 'expanded');
before(async () => {
  const model = join(SAMPLE, 'model');
  await adeptResult(['expand', '--model', model, '--out', expanded, '--layers', 6, '--engine', 'wasm']);
});
after(() => {
  rmSync(shared, { recursive: true, force: true });
});

/** The expanded sample, tuned at a learning rate that ruins it at once. */
async function ruinedRun(t: TestContext, limit: number, ...more: readonly string[]): Promise<RunFolder> {
  const out = join(temporaryFolder(t), 'run');
  await adeptResult([
    ...['tune', '--model', expanded, '--out', out, '--engine', 'wasm'],
    ...['--domain', join(SAMPLE, 'domain.jsonl'), '--probe', join(SAMPLE, 'general.txt')],
    ...['--steps', '6', '--lr', '0.05', '--seq-len', '32', '--batch-size', '2', '--save-every', '100'],
    ...['--eval-every', '2', '--max-probe-sequences', '4', '--max-eval-sequences', '4'],
    ...['--max-general-rise', limit, ...more],
  ]);
  return RunFolder.open(out);
}

function limitTo(run: RunFolder, maxGeneralRise: number): void {
  const spec = run.readSpec();
  writeFileSync(run.file('spec'), JSON.stringify({ ...spec, tune: { ...spec.tune, maxGeneralRise } }));
}

function eventsOf<T extends RunEvent['type']>(run: RunFolder, type: T): Extract<RunEvent, { type: T }>[] {
  return readEvents(run.file('events')).filter(
    (event): event is Extract<RunEvent, { type: T }> => event.type === type,
  );
}

/** Those of a step; that its texts overlap, a run says before. */
function warnings(run: RunFolder): string[] {
  return eventsOf(run, 'log').flatMap(({ level, message }) =>
    level === 'warn' && message.startsWith('step ') ? [message] : [],
  );
}

/** What the run did against forgetting, as its curves are marked with it. */
function responses(run: RunFolder): unknown[] {
  return eventsOf(run, 'log').flatMap(({ about }) => (about?.kind === 'remedy' ? [about.remedy] : []));
}

describe('a run with a forgetting limit', () => {
  it('stops at the evaluation that exceeds it, saved; stops again when resumed; goes on when it is raised', async (t) => {
    const run = await ruinedRun(t, 0.001);
    const [before, after] = eventsOf(run, 'eval');
    const rise = (after?.generalLoss ?? NaN) - (before?.generalLoss ?? NaN);
    assert.ok(rise > 0.001, `general loss rose by ${rise}`);
    assert.equal(statusOf(run).state, 'stopped');
    assert.deepEqual(run.checkpoints(), [2]);
    assert.equal(warnings(run).length, 1);
    for (const part of [after?.generalLoss?.toFixed(4), before?.generalLoss?.toFixed(4), '0.001']) {
      assert.ok(warnings(run)[0]?.includes(part ?? '?'), `${warnings(run)[0]} names ${part}`);
    }

    await adeptResult(['resume', run.path]);
    assert.equal(statusOf(run).state, 'stopped');
    assert.equal(eventsOf(run, 'step').at(-1)?.step, 2);
    assert.equal(warnings(run).length, 2);

    limitTo(run, 1000);
    await adeptResult(['resume', run.path]);
    assert.equal(statusOf(run).state, 'done');
    assert.equal(eventsOf(run, 'step').at(-1)?.step, 6);
    assert.equal(warnings(run).length, 2);
  });

  it('also ends stopped, not done, when the last evaluation exceeds it', async (t) => {
    const run = await ruinedRun(t, 0.001);
    const spec = run.readSpec();
    writeFileSync(
      run.file('spec'),
      readFileSync(run.file('spec'), 'utf8').replace('"steps": 6', '"steps": 2'),
    );
    assert.notDeepEqual(run.readSpec(), spec);
    await adeptResult(['resume', run.path]);
    assert.equal(statusOf(run).state, 'stopped');
    assert.equal(eventsOf(run, 'done').length, 0);
  });
});

const UNITS: UnitRate[] = [5, 1, 4, 2, 3].map((importance, layer) => ({
  ...{ layer, name: 'mlp.up_proj', importance, normalized: (importance - 1) / 4 },
  learningRate: 1e-3,
}));

function responseOf(onGeneralRise: string, change: Partial<ForgettingRun> = {}): ForgettingResponse {
  const settings = { onGeneralRise, rateCut: 0.5, freezeShare: 0.4, learningRate: 1e-3 };
  return forgettingResponse({
    settings: settings as ForgettingRun['settings'],
    ...{ baseLearningRate: 1e-3, units: UNITS, sizeOf: () => 8, goodCheckpoints: [0, 20] },
    ...change,
  });
}

describe('the response against forgetting', () => {
  it('cuts the base rate, until it moves nothing', () => {
    assert.deepEqual(responseOf('lower'), { kind: 'lower', baseLearningRate: 5e-4 });
    assert.equal(responseOf('lower', { baseLearningRate: 1.5e-6 }).kind, 'stop');
  });

  it('freezes the units that matter most among those that train, and never all', () => {
    const first = responseOf('freeze');
    assert.ok(first.kind === 'freeze');
    assert.deepEqual(
      first.frozen.map(({ importance }) => importance),
      [5, 4],
    );
    assert.deepEqual(
      first.units.map(({ learningRate, frozen }) => [learningRate, frozen ?? false]),
      [
        [0, true],
        [1e-3, false],
        [0, true],
        [1e-3, false],
        [1e-3, false],
      ],
    );
    const second = responseOf('freeze', { units: first.units });
    assert.ok(second.kind === 'freeze');
    assert.deepEqual(
      second.frozen.map(({ importance }) => importance),
      [2, 3],
    );
    assert.equal(responseOf('freeze', { units: second.units }).kind, 'stop');
    const equal = UNITS.map((unit) => ({ ...unit, importance: 0 }));
    assert.equal(responseOf('freeze', { units: equal }).kind, 'stop');
  });

  it('freezes what training puts most at risk: importance by size and by rate', () => {
    const sizes = new Map([
      ['input_layernorm', 10],
      ['mlp.up_proj', 1000],
      ['self_attn.v_proj', 500],
    ]);
    const units: UnitRate[] = [
      { layer: 0, name: 'input_layernorm', importance: 40, normalized: 1, learningRate: 1e-4 },
      { layer: 0, name: 'mlp.up_proj', importance: 1, normalized: 0.1, learningRate: 1e-3 },
      { layer: 0, name: 'self_attn.v_proj', importance: 1.5, normalized: 0.2, learningRate: 1e-3 },
      { layer: 1, name: 'mlp.up_proj', importance: 1.5, normalized: 0.2, learningRate: 5e-4 },
    ];
    const response = responseOf('freeze', { units, sizeOf: (name) => sizes.get(name) ?? NaN });
    assert.ok(response.kind === 'freeze');
    // The risks are 0.04, 1, 0.75 and 0.75.
    const frozen = response.frozen.map(({ layer, name }) => `${layer}.${name}`);
    assert.deepEqual(frozen, ['0.mlp.up_proj', '0.self_attn.v_proj']);
  });

  it('goes back to the last good checkpoint at a lower rate, or stops where there is none', () => {
    assert.deepEqual(responseOf('rollBack'), { kind: 'rollBack', step: 20, baseLearningRate: 5e-4 });
    assert.equal(responseOf('rollBack', { goodCheckpoints: [] }).kind, 'stop');
  });
});

/** General loss at an evaluation beyond what it was before tuning. */
function rises(run: RunFolder): { step: number; rise: number }[] {
  const evaluations = eventsOf(run, 'eval');
  const before = evaluations[0]?.generalLoss ?? NaN;
  return evaluations.slice(1).map(({ step, generalLoss }) => ({ step, rise: (generalLoss ?? NaN) - before }));
}

describe('how often a run is held against its limit', () => {
  const often = { evalEvery: undefined, saveEvery: 500, maxGeneralRise: undefined, steps: 200 };
  const limited = { ...often, maxGeneralRise: 0.02 };

  it('is ten times at least, where nothing else is said', () => {
    assert.equal(evaluationInterval(often), 500);
    assert.equal(evaluationInterval(limited), 20);
    assert.equal(evaluationInterval({ ...limited, steps: 7 }), 1);
    assert.equal(evaluationInterval({ ...limited, steps: 19 }), 1);
    assert.equal(evaluationInterval({ ...limited, steps: 100_000 }), 500);
    assert.equal(evaluationInterval({ ...limited, evalEvery: 150 }), 150);
  });

  it('is said where it is too late to act on', () => {
    const lower = { ...limited, onGeneralRise: 'lower' as const };
    assert.equal(lateLimit(lower), undefined);
    assert.match(lateLimit({ ...lower, evalEvery: 200 }) ?? '', /every 200 steps.* after the last of 200/);
    assert.equal(lateLimit({ ...lower, evalEvery: 199 }), undefined);
    assert.equal(lateLimit({ ...lower, evalEvery: 200, onGeneralRise: 'stop' }), undefined);
    assert.equal(lateLimit({ ...often, onGeneralRise: 'lower', evalEvery: 200 }), undefined);
  });
});

describe('a run that works against forgetting', () => {
  it('lowers its base rate at every evaluation beyond the limit', async (t) => {
    const run = await ruinedRun(t, 0.001, '--on-general-rise', 'lower', '--rate-cut', '0.1');
    const beyond = rises(run).filter(({ rise }) => rise > 0.001);
    assert.ok(beyond.length > 0);
    for (const { step, learningRate } of eventsOf(run, 'step')) {
      const cuts = beyond.filter((evaluation) => evaluation.step < step).length;
      assert.ok(Math.abs(learningRate / (0.05 * 0.1 ** cuts) - 1) < 1e-9, `step ${step}: ${learningRate}`);
    }
    assert.equal(warnings(run).length, beyond.length);
    assert.match(
      warnings(run)[0] ?? '',
      /^step 2: general loss is .*: the base learning rate is lowered to 0\.005/,
    );
    assert.deepEqual(responses(run)[0], { kind: 'lower', from: 0.05, to: 0.05 * 0.1 });
    const [changed] = eventsOf(run, 'log').flatMap(({ about }) =>
      about?.kind === 'baseRate' ? [about] : [],
    );
    assert.deepEqual(changed, { kind: 'baseRate', step: 2, from: 0.05, to: 0.05 * 0.1 });
  });

  it('ends stopped where no response is left, stops again when resumed, and is done once the limit is raised', async (t) => {
    const run = await ruinedRun(t, 0.001, '--on-general-rise', 'lower', '--eval-every', '6');
    assert.match(warnings(run).at(-1) ?? '', /this was the last step: the run stops; to go on, raise/);
    assert.equal(statusOf(run).state, 'stopped');
    assert.equal(readCheckpointState(run, 6).gaveUp, true);

    const { because } = await adeptResult(['resume', run.path]);
    assert.match(String(because), /^general loss is .* and may rise by 0\.001$/);
    assert.equal(statusOf(run).state, 'stopped');
    assert.equal(eventsOf(run, 'done').length, 0);
    assert.equal(warnings(run).length, 2);

    limitTo(run, 1000);
    await adeptResult(['resume', run.path]);
    assert.equal(statusOf(run).state, 'done');
    assert.equal(eventsOf(run, 'step').at(-1)?.step, 6);
  });

  it('tells of every change of its rates, and which units are frozen', async (t) => {
    const run = await ruinedRun(t, 0.001, '--on-general-rise', 'freeze', '--update-every', '3');
    const frozen = eventsOf(run, 'importance').map(({ step, why, units }) => [
      step,
      why,
      units.filter((unit) => unit.frozen === true).length,
    ]);
    const [seed, first, refreshed] = frozen;
    assert.deepEqual(seed, [0, undefined, 0]);
    assert.deepEqual(first?.slice(0, 2), [2, 'frozen']);
    assert.ok(Number(first[2]) > 0);
    // Measuring again thaws nothing.
    assert.deepEqual(refreshed, [3, undefined, first[2]]);
  });

  it('freezes units, which change no more, also when it is resumed', async (t) => {
    const run = await ruinedRun(t, 0.001, '--on-general-rise', 'freeze', '--save-every', '2');
    const frozenAt = (step: number): UnitRate[] =>
      readCheckpointState(run, step).units.filter(({ frozen }) => frozen === true);
    assert.ok(frozenAt(2).length > 0);
    const units = frozenAt(2).map(({ layer, name }) => ({ layer, name }));
    const left = readCheckpointState(run, 2).units.length - units.length;
    assert.deepEqual(responses(run)[0], { kind: 'freeze', units, left });
    assert.ok(frozenAt(2).every(({ learningRate }) => learningRate === 0));
    const changed = changedUnits(run, 2, 4);
    for (const { name } of frozenAt(2)) {
      assert.ok(!changed.has(name), `${name} changed`);
    }
    assert.ok(changed.size > 0);
    const whole = readFileSync(checkpointPart(run, 4, 'delta'));
    await adeptResult(['resume', run.path, '--checkpoint', '2', '--discard-later']);
    assert.deepEqual(readFileSync(checkpointPart(run, 4, 'delta')), whole);
  });

  it('goes back to the last checkpoint within the limit, at a lower rate', async (t) => {
    const run = await ruinedRun(t, 0.05, '--on-general-rise', 'rollBack', '--rate-cut', '0.1');
    const [first] = warnings(run);
    assert.match(first ?? '', /goes back to the checkpoint at step 0, with a base learning rate of 0\.005/);
    assert.deepEqual(responses(run)[0], { kind: 'rollBack', back: 0, from: 0.05, to: 0.05 * 0.1 });
    const steps = eventsOf(run, 'step');
    assert.deepEqual(
      steps.slice(0, 4).map(({ step }) => step),
      [1, 2, 1, 2],
    );
    // The same sequences again.
    assert.equal(steps[2]?.loss, steps[0]?.loss);
    assert.equal(statusOf(run).state, 'done');
    assert.ok((rises(run).at(-1)?.rise ?? NaN) <= 0.05);
    const rate = steps.at(-1)?.learningRate ?? NaN;
    assert.ok(Math.abs(readCheckpointState(run, 6).baseLearningRate - rate) < 1e-12);
    assertMetricsCsv(run.path);
    assertRecordsAsMade(run.path);
  });
});

describe('a run that may be taken back', () => {
  it('knows of every checkpoint whether it is within the limit', async (t) => {
    // No evaluation falls on a checkpoint, but for the last.
    const run = await ruinedRun(
      t,
      1000,
      ...['--on-general-rise', 'rollBack', '--save-every', '2', '--eval-every', '5'],
    );
    assert.deepEqual(run.checkpoints(), [0, 2, 4, 6]);
    const evaluated = eventsOf(run, 'eval').map(({ step }) => step);
    assert.deepEqual(evaluated, [0, 2, 4, 5, 6]);
    assert.ok(eventsOf(run, 'checkpoint').every(({ generalLoss }) => generalLoss !== null));
    // As after a kill between a checkpoint and its event.
    const log = run.file('events');
    const untold = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => !line.includes('"type":"checkpoint","step":6'));
    writeFileSync(log, untold.join('\n'));
    assert.deepEqual(
      eventsOf(run, 'checkpoint').map(({ step }) => step),
      [0, 2, 4],
    );
    const { tune, model } = run.readSpec();
    const progress = { ...initialProgress(tune), step: 5 };
    const response = new ForgettingMonitor(run, tune, modelUnits(readModelConfig(model))).response(progress);
    assert.ok(response.kind === 'rollBack');
    assert.equal(response.step, 6);
  });

  it('is taken back where it breaks, and trains on at a lower rate', async (t) => {
    // A step of this size leaves nothing that float32 holds.
    const run = await ruinedRun(
      t,
      1000,
      ...['--on-general-rise', 'rollBack', '--rate-cut', '0.001', '--lr', '1e38'],
      ...['--max-grad-norm', '0', '--schedule', 'constant'],
    );
    assert.match(warnings(run)[0] ?? '', /^step [12]: the .* (is NaN|is Infinity|is no number): /);
    assert.match(warnings(run)[0] ?? '', /goes back to the checkpoint at step 0/);
    assert.equal(statusOf(run).state, 'done');
    const rate = eventsOf(run, 'step').at(-1)?.learningRate ?? NaN;
    assert.ok(Math.abs(rate / 1e35 - 1) < 1e-9, `rate ${rate}`);
  });

  it('keeps the lower rate when it is resumed', async (t) => {
    const run = await ruinedRun(t, 0.05, '--on-general-rise', 'rollBack', '--rate-cut', '0.1');
    const { baseLearningRate } = readCheckpointState(run, 0);
    assert.ok(Math.abs(baseLearningRate - 0.005) < 1e-12);
    await adeptResult(['resume', run.path, '--checkpoint', '0', '--discard-later']);
    const again = eventsOf(run, 'step').at(-1)?.learningRate ?? NaN;
    assert.ok(Math.abs(again - 0.005) < 1e-12);
  });
});

/** Units of the one added layer whose weights differ between two checkpoints. */
function changedUnits(run: RunFolder, from: number, to: number): Set<string> {
  const [before, after] = [from, to].map((step) => TensorStore.openFile(checkpointPart(run, step, 'delta')));
  try {
    assert.ok(before && after);
    const names = [...before.entries.keys()].filter(
      (name) => !Buffer.from(before.readBytes(name)).equals(after.readBytes(name)),
    );
    return new Set(
      names.map((name) => name.replace(/^model\.layers\.\d+\./, '').replace(/\.(weight|bias)$/, '')),
    );
  } finally {
    before?.close();
    after?.close();
  }
}
