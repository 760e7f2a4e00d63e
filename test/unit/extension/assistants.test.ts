import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { knownModel, knownRun, pathInWorkspace } from '../../../src/extension/assistants/known';
import { runDetailReport, runListReport } from '../../../src/extension/assistants/runReport';
import type { RunEntry } from '../../../src/extension/runs/runEntry';
import type { CheckpointInfo } from '../../../src/node/run/checkpointList';
import { HistoryReader } from '../../../src/node/run/historyReader';
import { readRunFiles } from '../../../src/node/run/runFiles';
import { statusOf } from '../../../src/node/run/runStatus';
import { runSummary } from '../../../src/node/runPage/runSummary';
import { checkpointReport } from '../../../src/shared/assistants/checkpointReport';
import { configProposal, type ProposalSource } from '../../../src/shared/assistants/configProposal';
import { importanceReport } from '../../../src/shared/assistants/importanceReport';
import { allSettings, settingFacts } from '../../../src/shared/assistants/settingFacts';
import {
  CheckpointComparisonResult,
  ImportanceResult,
  RunDetailResult,
  RunListResult,
  SettingResult,
} from '../../../src/shared/assistants/toolResults';
import { runConfigSchema } from '../../../src/shared/config/runConfigSchema';
import { parseLaunchText } from '../../../src/shared/launch/launchConfig';
import { ImportanceFile } from '../../../src/shared/method/importance';
import type { Comparison } from '../../../src/shared/run/comparison';
import { TUNE_SETTINGS } from '../../../src/shared/settings/tuneSettings';
import { expectInputError } from '../../support/expectInputError';
import { FakeRun } from '../../support/fakeRun';
import { temporaryFolder } from '../../support/temporaryFolder';

/** Beyond so much a result crowds out what the language model was told before. */
const MOST_LETTERS = 12_000;

/** An answer as it is given: it fits its schema and is short. */
function given<const S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const parsed = v.parse(schema, value);
  assert.ok(JSON.stringify(parsed).length <= MOST_LETTERS, `${JSON.stringify(parsed).length} letters`);
  return parsed;
}

/** An analysis of a model whose importances are these, by layer. */
function analysis(importances: readonly number[], more: object = {}): ImportanceFile {
  return v.parse(ImportanceFile, {
    format: 'adept.importance/1',
    mode: 'exact',
    model: { path: '/models/base', family: 'llama', layers: importances.length, parameters: 134_515_008 },
    probe: { sources: ['/texts/general.txt'], sequences: 16, tokens: 4096, seqLen: 256 },
    baseLoss: 2.5,
    layers: importances.map((importance, index) => ({ index, importance })),
    units: [],
    timing: { layersSeconds: 10, unitsSeconds: 5 },
    engine: { engine: 'wasm' },
    ...more,
  });
}

const read = { file: '/w/.adept/importance/base.json', time: Date.parse('2026-01-02T03:04:05Z'), others: [] };

describe('what an assistant is told of an analysis', () => {
  it('are the least important layers, and that their confidence is not known', () => {
    const report = given(
      ImportanceResult,
      importanceReport({ importance: analysis([0.4, 0.1, 0.3, 0.2]), ...read }, 2),
    );
    assert.deepEqual(report.leastImportant, {
      layers: [1, 3],
      certainty: 'unknown',
      share: null,
      tied: [],
      moreSequences: null,
    });
    assert.deepEqual(report.layers[1], { layer: 1, importance: 0.1 });
    assert.deepEqual([report.unit, report.baseLoss, report.text.tokens], ['nats per token', 2.5, 4096]);
    assert.equal(report.analyzedAt, '2026-01-02T03:04:05.000Z');
    assert.equal(report.contrast, null);
  });

  it('is which layers are tied, with their intervals', () => {
    const bound = (index: number, low: number, high: number, ranks: readonly [number, number]): object => ({
      index,
      ...{ low, high, lowestRank: ranks[0], highestRank: ranks[1] },
    });
    const trust = {
      ...{ interval: 0.95, resamples: 1000, sameLowest: [0.6, 0.9, 1] },
      layers: [bound(0, 0.05, 0.2, [1, 2]), bound(1, 0.08, 0.22, [1, 2]), bound(2, 0.8, 1, [3, 3])],
    };
    const { leastImportant, layers } = importanceReport(
      { importance: analysis([0.12, 0.15, 0.9], { trust }), ...read },
      1,
    );
    assert.deepEqual([leastImportant.certainty, leastImportant.share], ['tied', 0.6]);
    assert.deepEqual(leastImportant.tied, [0, 1]);
    assert.deepEqual(layers[0], { layer: 0, importance: 0.12, low: 0.05, high: 0.2 });
  });

  it('stays short of a deep model: the least and the most important layers, and how many are left out', () => {
    const importances = Array.from({ length: 400 }, (_, layer) => (layer * 7919) % 401);
    const report = given(
      ImportanceResult,
      importanceReport({ importance: analysis(importances), ...read, others: Array<string>(50).fill('/a') }),
    );
    assert.deepEqual([report.layers.length, report.omittedLayers], [64, 336]);
    const kept = report.layers.map(({ importance }) => importance).sort((a, b) => a - b);
    assert.deepEqual([kept[0], kept[31], kept[32], kept[63]], [0, 31, 369, 400]);
  });

  it('is refused where more layers are wanted than there are', () => {
    expectInputError(
      () => importanceReport({ importance: analysis([1, 2]), ...read }, 3),
      '"least": 3 layers cannot be chosen of a model that has 2',
    );
  });
});

describe('what an assistant is told of runs', () => {
  it('are losses before, now and best, the settings that are not usual, checkpoints and texts', async (t) => {
    const fake = new FakeRun(join(temporaryFolder(t), 'mine')).tuned(100, { seed: 7 });
    fake.status('started').evaluation(0, 3, 2).step(50, 2.5).evaluation(50, 2.25, 2.125);
    fake.checkpoint(50, 2.25, 2.125).evaluation(60, 2.5, 2.25).status('stopped');
    const { folder } = fake;
    const run: RunEntry = { path: fake.path, state: 'stopped', status: statusOf(folder) };
    const history = new HistoryReader(folder.file('events'));
    await history.readOn();
    const summary = runSummary(
      fake.path,
      await readRunFiles(fake.path),
      history.history,
      { isTrusted: true, remoteName: undefined, pending: undefined },
      { isKnown: true, reading: null },
    );
    const checkpoint = (step: number, domainLoss: number): CheckpointInfo => ({
      ...{ step, domainLoss, folder: '', label: null, createdAt: null, loss: null, generalLoss: null },
      ...{
        baseLearningRate: null,
        bytes: 0,
        bestDomain: false,
        bestGeneral: false,
        last: false,
        problem: null,
      },
    });
    const checkpoints = Array.from({ length: 30 }, (_, index) => checkpoint(index + 1, 3 - index / 10));
    const report = given(
      RunDetailResult,
      runDetailReport({
        ...{ run, summary, checkpoints, tune: folder.readSpec().tune },
        texts: [{ role: 'domain, trained on', names: ['domain.txt'] }],
      }),
    );
    assert.deepEqual([report.run, report.state, report.step, report.steps], ['mine', 'stopped', 50, 100]);
    assert.deepEqual(report.domainLoss, { before: 3, now: 2.5, best: 2.25 });
    assert.deepEqual(report.generalLoss, { before: 2, now: 2.25, atBest: 2.125 });
    assert.deepEqual(report.settings, { steps: 100, learningRate: 0.001, seed: 7 });
    // The latest, the last of them first.
    assert.deepEqual([report.checkpoints.length, report.omittedCheckpoints], [20, 10]);
    assert.deepEqual([report.checkpoints[0]?.step, report.checkpoints[0]?.domainLoss], [30, 0.1]);
    assert.deepEqual([report.secondsLeft, report.error, report.exported], [null, null, null]);
  });

  it('stays short of many runs, and says what is wrong with one', () => {
    const runs = Array.from({ length: 200 }, (_, index): RunEntry => ({
      ...{ path: `/w/.adept/runs/${'long-name-'.repeat(5)}${index}`, state: 'unreadable' },
      problem: 'x'.repeat(index === 0 ? 5000 : 10),
    }));
    const { runs: kept, omittedRuns } = given(RunListResult, runListReport(runs));
    assert.deepEqual([kept.length, omittedRuns, kept[0]?.problem?.length], [20, 180, 500]);
  });

  it('are found by name or folder, and otherwise named, so that the assistant can correct itself', () => {
    const runs: RunEntry[] = ['/w/.adept/runs/one', '/w/.adept/runs/two', '/elsewhere/two'].map((path) => ({
      path,
      state: 'done',
    }));
    assert.equal(knownRun(runs, 'one', ['/w']).path, '/w/.adept/runs/one');
    assert.equal(knownRun(runs, '.adept/runs/two', ['/w']).path, '/w/.adept/runs/two');
    assert.equal(knownRun(runs, '/elsewhere/two', ['/w']).path, '/elsewhere/two');
    expectInputError(
      () => knownRun(runs, 'two', ['/w']),
      'Several are called "two"',
      'runs/two, /elsewhere/two',
    );
    expectInputError(
      () => knownRun(runs, '/etc', ['/w']),
      'There is no run "/etc"; there are: one, /w/.adept/runs/two, /elsewhere/two.',
    );
    expectInputError(() => knownRun([], 'one', ['/w']), 'There is no run in this workspace');
  });
});

describe('the model that an assistant means', () => {
  const model = (path: string, analyzed: boolean): Parameters<typeof knownModel>[0][number] => ({
    path,
    analyses: analyzed ? [{ summary: {} }] : [{}],
  });

  it('is the only one that was analyzed, or the one that is named', () => {
    const models = [model('/m/a', true), model('/m/b', false)];
    assert.equal(knownModel(models, undefined, []).path, '/m/a');
    assert.equal(knownModel([...models, model('/m/c', true)], 'c', []).path, '/m/c');
  });

  it('is asked for, with what there is', () => {
    const models = [model('/m/a', true), model('/m/b', false), model('/m/c', true)];
    expectInputError(() => knownModel(models, undefined, []), 'name one: a, c.');
    expectInputError(() => knownModel(models, 'b', []), 'no analyzed model "b"; there are: a, c.');
    expectInputError(() => knownModel([model('/m/b', false)], 'b', []), 'No model', 'was analyzed yet');
  });
});

describe('a path that an assistant gives', () => {
  it('stays in the workspace', () => {
    assert.equal(pathInWorkspace('texts/a.txt', ['/w', '/v']), '/w/texts/a.txt');
    assert.equal(pathInWorkspace('/v/b.txt', ['/w', '/v']), '/v/b.txt');
    assert.equal(pathInWorkspace('..c/x', ['/w']), '/w/..c/x');
    for (const path of ['/etc/passwd', '../secret', 'texts/../../x', '/w2/a']) {
      expectInputError(() => pathInWorkspace(path, ['/w']), 'is not in the workspace: give a path in /w.');
    }
    expectInputError(() => pathInWorkspace('a', []), 'No folder is open');
  });
});

describe('what an assistant is told of settings', () => {
  const keysOf = (schema: unknown, prefix = ''): string[] => {
    if (typeof schema !== 'object' || schema === null) {
      return [];
    }
    const {
      properties = {},
      anyOf = [],
      items,
    } = schema as {
      properties?: Record<string, unknown>;
      anyOf?: unknown[];
      items?: unknown;
    };
    return [
      ...Object.entries(properties).flatMap(([name, part]) => [
        `${prefix}${name}`,
        ...keysOf(part, `${prefix}${name}.`),
      ]),
      ...[...anyOf, items].flatMap((part) => keysOf(part, prefix)),
    ];
  };

  it('covers every key that a file can have, each with a description', () => {
    const keys = [...new Set(keysOf(runConfigSchema()))].filter((key) => key !== '$schema');
    assert.ok(keys.length > 100);
    for (const key of keys) {
      const { settings } = given(SettingResult, settingFacts(key));
      assert.ok(
        settings.every(({ description }) => description !== ''),
        key,
      );
    }
    const described = allSettings().map(({ key }) => key);
    assert.equal(new Set(described).size, described.length);
  });

  it('is what the table says, by key, name or option', () => {
    const { settings } = settingFacts('--lr');
    assert.deepEqual(settings, [
      {
        ...{ key: 'tune.learningRate', where: '*.adept.json', default: null, required: true },
        ...{ changeable: true, commandLineOption: '--lr', value: 'a number of at least 0' },
        description: TUNE_SETTINGS.learningRate.description,
      },
    ]);
    assert.deepEqual(settingFacts('learning_rate'), settingFacts('tune.learningRate'));
    assert.deepEqual(
      settingFacts('seqLen').settings.map(({ key }) => key),
      ['analyze.seqLen', 'tune.seqLen'],
    );
    const [alpha] = settingFacts('export.alpha').settings;
    assert.deepEqual([alpha?.value, alpha?.required], ['a number from 0 to 1', false]);
    const [engine] = settingFacts('engine').settings;
    assert.deepEqual(
      [engine?.value, engine?.default, engine?.changeable],
      ['one of auto, native, wasm, torch', 'auto', true],
    );
    assert.equal(settingFacts('replay.weight').settings[0]?.value, 'a number above 0');
    assert.equal(settingFacts('adept.runsFolder').settings[0]?.default, '.adept/runs');
  });

  it('names similar ones where there is none', () => {
    expectInputError(
      () => settingFacts('gradient'),
      'There is no setting "gradient": similar ones are',
      'maxGradNorm',
    );
    expectInputError(() => settingFacts('xyzzy'), 'the keys of *.adept.json are model, probe, domain');
  });
});

it('a comparison of checkpoints names their scores, the units that moved most, and how many it leaves out', () => {
  const point = {
    run: '/r',
    step: 0,
    base: true,
    createdAt: null,
    loss: null,
    domainLoss: 2.25,
    generalLoss: null,
  };
  const rates = { baseLearningRate: null, meanUnitLearningRate: null, scores: [] };
  const scores = [{ task: 'mmlu', questions: 100, correct: [{ metric: 'accuracy' as const, count: 36 }] }];
  const unit = (layer: number, change: number | null): Comparison['units'][number] => ({
    ...{ layer, name: 'q', parameters: 1, norm: 1, difference: 1, change },
  });
  const report = given(
    CheckpointComparisonResult,
    checkpointReport({
      format: 'adept.comparison/1',
      a: { ...point, ...rates },
      b: { ...point, ...rates, scores, step: 10, base: false },
      layers: [],
      units: [
        unit(0, 0.01),
        unit(1, 0.5),
        unit(2, null),
        ...Array.from({ length: 97 }, (_, at) => unit(at + 3, 0)),
      ],
      outer: [],
      notes: ['one'],
    }),
  );
  assert.deepEqual(
    report.unitsMovedMost.slice(0, 3).map(({ layer, relativeChange }) => [layer, relativeChange]),
    [
      [2, null],
      [1, 0.5],
      [0, 0.01],
    ],
  );
  assert.deepEqual([report.unitsMovedMost.length, report.omittedUnits, report.a.domainLoss], [24, 76, 2.25]);
  assert.deepEqual([report.a.scores, report.b.omittedScores], [[], 0]);
  // The Wilson interval of 36 of 100.
  const mmlu = { task: 'mmlu', metric: 'accuracy', value: 0.36, low: 0.272712, high: 0.457646 };
  assert.deepEqual(report.b.scores, [mmlu]);
});

describe('a configuration that is proposed', () => {
  const importance = analysis(Array.from({ length: 30 }, (_, layer) => Math.abs(layer - 20)));
  const source: ProposalSource = {
    importance,
    file: '/w/.adept/importance/base.json',
    model: { found: false, problem: '/models/base/config.json is not there.' },
    folders: { folder: '/w', runs: '.adept/runs' },
    name: 'tune-1',
    files: {
      domain: ['/w/domain.jsonl'],
      evalDomain: ['/w/eval.jsonl'],
      ...{ replay: [], evalGeneral: [], probe: ['/texts/general.txt'] },
    },
    known: new Map([['domain', { bytes: 0, tokens: 1_024_000 }]]),
    ...{ steps: undefined, engine: 'auto' },
    engines: { auto: 'wasm', native: null, torch: null },
    machine: { memoryBytes: 1e10, freeMemoryBytes: 1e10 },
  };

  it('is one that can be run, with the heatmap’s proposals and their reasons', () => {
    const { text, reasons, alternative, cost } = configProposal(source);
    const config = parseLaunchText(text, 'tune-1.adept.json');
    assert.deepEqual(config.expand, { layers: [19, 20, 21, 22] });
    // 4000 sequences of 256 tokens, four at a time.
    assert.deepEqual(
      [config.tune.steps, config.tune.learningRate, config.tune.schedule, config.tune.evalEvery],
      [1000, 3e-4, 'cosine', 100],
    );
    assert.deepEqual(
      [config.domain, config.out, config.model],
      [['domain.jsonl'], '.adept/runs/tune-1', '/models/base'],
    );
    assert.deepEqual(
      reasons.map(({ about }) => about),
      ['layers', 'steps', 'rate', 'refreshes', 'evaluations', 'limit'],
    );
    assert.ok(reasons.every(({ reason }) => reason !== ''));
    assert.equal(alternative, null);
    assert.deepEqual(cost, {
      ...{ trainedParameters: null, memoryBytes: null, seconds: null },
      unknownBecause: '/models/base/config.json is not there.',
    });
  });

  it('takes the steps that are asked for, and offers what costs less where the text then repeats', () => {
    const { text, reasons, alternative } = configProposal({ ...source, steps: 5000 });
    const { steps, evalEvery } = parseLaunchText(text, '').tune;
    assert.deepEqual([steps, evalEvery], [5000, 500]);
    assert.ok(!reasons.some(({ about }) => about === 'steps'));
    assert.equal(alternative?.about, 'cheaper');
  });

  it('says what is missing', () => {
    expectInputError(() => configProposal({ ...source, known: new Map() }), 'give "steps"');
    expectInputError(() => configProposal({ ...source, name: '.hidden' }), 'name: Give 1 to 64 letters');
  });
});
