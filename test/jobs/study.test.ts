import assert from 'node:assert/strict';
import { ENGLISH } from '../../src/shared/common/localizer';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import * as v from 'valibot';
import { readEvents } from '../../src/node/run/eventWriter';
import { RunFolder } from '../../src/node/run/runFolder';
import { readRunConfig } from '../../src/node/job/runConfigFile';
import {
  plannedRuns,
  ARMS,
  armConfig,
  ArmName,
  StudyConfig,
  StudyFile,
  armText,
} from '../../src/shared/study/study';
import { summarize } from '../../src/shared/study/studySummary';
import { studyPlot } from '../../src/shared/study/studyPlot';
import { adeptResult, runAdeptAgain } from '../support/command';
import { projectRoot } from '../support/projectRoot';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);

describe('a study', () => {
  const folder = mkdtempSync(join(tmpdir(), 'adept-test-'));
  const at = (...names: string[]): string => join(folder, ...names);

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const job = {
    ...{ model: sample('model'), probe: [sample('general.txt')], domain: [sample('domain.jsonl')], out: 'x' },
    eval: { domain: [sample('domain-eval.jsonl')], general: [sample('general-eval.txt')] },
    replay: [sample('general.txt')],
    analyze: { mode: 'fast', seqLen: 32, maxSequences: 4 },
    tune: {
      ...{ steps: 4, learningRate: 1e-3, batchSize: 2, seqLen: 32, saveEvery: 2, updateEvery: 2 },
      ...{ maxProbeSequences: 2, maxEvalSequences: 4, replayShare: 0.5 },
    },
  };
  const study = {
    ...{ job: 'job.adept.json', out: 'study', arms: ['full', 'replay', 'adept'], seeds: [1, 2], k: 2 },
    tune: { full: { learningRate: 5e-4 } },
  };

  function write(): void {
    writeFileSync(at('job.adept.json'), JSON.stringify(job));
    writeFileSync(at('s.study.json'), JSON.stringify(study));
  }

  const run = (): Promise<Record<string, unknown>> =>
    adeptResult(['study', '--config', at('s.study.json'), '--engine', 'wasm']);
  const readStudy = (): StudyFile =>
    v.parse(StudyFile, JSON.parse(readFileSync(at('study', 'study.json'), 'utf8')));

  it('runs every arm with every seed, and keeps what is needed to compare them', async () => {
    write();
    const result = await run();
    assert.deepEqual([result.done, result.planned], [6, 6]);
    const { runs } = readStudy();
    assert.deepEqual(
      runs.map(({ arm, seed }) => `${arm} ${seed}`),
      ['full 1', 'replay 1', 'adept 1', 'full 2', 'replay 2', 'adept 2'],
    );
    const spec = (name: string) => RunFolder.open(at('study', 'runs', name)).readSpec();
    assert.deepEqual([spec('full-1').tune.full, spec('full-1').tune.learningRate], [true, 5e-4]);
    assert.deepEqual([spec('adept-2').tune.full, spec('adept-2').tune.learningRate], [false, 1e-3]);
    assert.deepEqual([spec('adept-2').tune.seed, spec('full-1').replay], [2, undefined]);
    assert.equal(spec('replay-1').replay?.length, 1);
    // One start for all: the untouched model.
    assert.equal(new Set(runs.map(({ report }) => report.before.domainLoss)).size, 1);
    for (const name of ['expanded', 'export', 'checkpoints']) {
      assert.ok(!existsSync(at('study', 'runs', 'adept-1', name)), name);
    }
    assert.match(readFileSync(at('study', 'study.svg'), 'utf8'), /^<svg [^]*>adept<[^]*<\/svg>\n$/);
  });

  it('trains all arms of a seed on the same sequences', () => {
    const losses = (name: string): number[] =>
      readEvents(RunFolder.at(at('study', 'runs', name)).file('events')).flatMap((event) =>
        event.type === 'step' ? [event.loss] : [],
      );
    // Before the first update an expanded model computes what the original does.
    const [full = NaN] = losses('full-1');
    assert.ok(Math.abs(full - (losses('adept-1')[0] ?? NaN)) < 1e-5);
    assert.notEqual(losses('adept-1')[0], losses('adept-2')[0]);
  });

  it('does again only what is not done', async () => {
    const events = (name: string): string => readFileSync(at('study', 'runs', name, 'events.ndjson'), 'utf8');
    const before = events('adept-2');
    const kept = readStudy().runs.find(({ arm, seed }) => arm === 'full' && seed === 2)?.report;
    rmSync(at('study', 'runs', 'full-2'), { recursive: true });
    const file = at('study', 'study.json');
    const { runs, ...rest } = readStudy();
    const others = runs.filter(({ arm, seed }) => arm !== 'full' || seed !== 2);
    writeFileSync(file, JSON.stringify({ ...rest, runs: others }));
    await run();
    assert.equal(events('adept-2'), before);
    const again = readStudy().runs.find(({ arm, seed }) => arm === 'full' && seed === 2)?.report;
    assert.deepEqual(again?.after, kept?.after);
    // The results alone are enough: models and logs may lie on another machine.
    rmSync(at('study', 'runs'), { recursive: true });
    await run();
    assert.ok(!existsSync(at('study', 'runs')));
    writeFileSync(at('job.adept.json'), JSON.stringify({ ...job, tune: { ...job.tune, steps: 5 } }));
    const { status, stderr } = await runAdeptAgain([
      'study',
      '--config',
      at('s.study.json'),
      '--engine',
      'wasm',
    ]);
    assert.equal(status, 2);
    assert.match(stderr, /study\.json: its runs were made with other settings/);
    write();
  });

  it('refuses to mix runs of other texts, another model or other settings, recorded or not', async () => {
    const refusal = async (): Promise<string> => {
      const { status, stderr } = await runAdeptAgain([
        'study',
        '--config',
        at('s.study.json'),
        '--engine',
        'wasm',
      ]);
      assert.equal(status, 2);
      return stderr;
    };
    const text = at('domain.jsonl');
    cpSync(sample('domain.jsonl'), text);
    writeFileSync(at('job.adept.json'), JSON.stringify({ ...job, domain: [text] }));
    // The same text at another path.
    assert.equal((await run()).done, 6);
    writeFileSync(text, readFileSync(text, 'utf8').replace(/\n.*\n/, '\n'));
    assert.match(await refusal(), /other settings \(inputs\.domain\)/);
    write();
    writeFileSync(at('s.study.json'), JSON.stringify({ ...study, tune: {} }));
    assert.match(await refusal(), /other settings \(arms\.full\)/);
    write();
    const weighted = [1, 2].map((weight) => ({ files: [sample('general.txt')], weight }));
    writeFileSync(at('job.adept.json'), JSON.stringify({ ...job, replay: weighted }));
    assert.match(await refusal(), /other settings \(.*replay/);
    write();
    const file = at('study', 'study.json');
    const kept = readFileSync(file);
    rmSync(file);
    assert.match(await refusal(), /holds importance\.json, but no study\.json/);
    writeFileSync(file, kept.toString().replace('"engine": "wasm"', '"engine": "native"'));
    // All of it is done: there is nothing to compute.
    assert.equal((await run()).done, 6);
    writeFileSync(at('s.study.json'), JSON.stringify({ ...study, seeds: [1, 2, 3] }));
    assert.match(await refusal(), /computed by native on .*, not by wasm on/);
    write();
    writeFileSync(file, kept);
  });

  it('goes on with the others where a run fails, says so, and tries it again', async () => {
    const broken = { of: 'adept', tune: { learningRate: 1e38, maxGradNorm: 0 } };
    const limited = { of: 'adept', tune: { learningRate: 0.05, maxGeneralRise: 0.001, evalEvery: 2 } };
    writeFileSync(
      at('s.study.json'),
      JSON.stringify({ ...study, seeds: [1], variants: { broken, limited, last: { of: 'adept', k: 1 } } }),
    );
    const result = await runAdeptAgain(['study', '--config', at('s.study.json'), '--engine', 'wasm']);
    assert.equal(result.status, 1);
    assert.match(result.stderr, /2 runs failed/);
    const done = readStudy();
    assert.deepEqual(
      done.failures.map(({ arm, seed }) => [arm, seed]),
      [
        ['broken', 1],
        ['limited', 1],
      ],
    );
    assert.match(done.failures[0]?.message ?? '', /no number|is NaN/);
    assert.match(done.failures[1]?.message ?? '', /stopped at step 2: general loss is .* may rise by 0\.001/);
    assert.ok(done.runs.some(({ arm }) => arm === 'last'));
    // What was begun as something else is not taken for it.
    const changed = { ...limited, tune: { ...limited.tune, learningRate: 1e-3 } };
    writeFileSync(
      at('s.study.json'),
      JSON.stringify({ ...study, seeds: [1], variants: { limited: changed } }),
    );
    const again = await runAdeptAgain(['study', '--config', at('s.study.json'), '--engine', 'wasm']);
    assert.match(again.stderr, /limited-1: was begun with other settings: remove this folder/);
    rmSync(at('study', 'runs', 'limited-1'), { recursive: true });
    const third = await run();
    assert.deepEqual([third.done, third.planned], [4, 4]);
    assert.deepEqual(readStudy().failures, []);
    write();
    await run();
  });

  it('takes up variants of arms that come later, and refuses one that was changed', async () => {
    const withVariant = (variant: object): void => {
      writeFileSync(at('s.study.json'), JSON.stringify({ ...study, variants: { 'adept-7': variant } }));
    };
    const others = JSON.stringify(readStudy().runs);
    withVariant({ of: 'adept', layers: [7], tune: { learningRate: 2e-3 }, keep: true, seeds: [1] });
    assert.deepEqual((await run()).planned, 7);
    withVariant({ of: 'adept', layers: [7], tune: { learningRate: 2e-3 } });
    const result = await run();
    assert.deepEqual([result.done, result.planned], [8, 8]);
    const { arms, runs } = readStudy();
    assert.deepEqual(arms, ['full', 'replay', 'adept', 'adept-7']);
    assert.equal(JSON.stringify(runs.filter(({ arm }) => arm !== 'adept-7')), others);
    const own = runs.filter(({ arm }) => arm === 'adept-7');
    assert.deepEqual(
      own.map(({ seed, report }) => [seed, report.layers.expanded]),
      [
        [1, [7]],
        [2, [7]],
      ],
    );
    const isKept = (seed: number): boolean =>
      existsSync(at('study', 'runs', `adept-7-${seed}`, 'checkpoints'));
    assert.deepEqual([isKept(1), isKept(2)], [true, false]);
    const { tune } = RunFolder.open(at('study', 'runs', 'adept-7-1')).readSpec();
    assert.deepEqual([tune.learningRate, tune.unitRates], [2e-3, 'importance']);
    withVariant({ of: 'adept', layers: [6] });
    const { status, stderr } = await runAdeptAgain([
      'study',
      '--config',
      at('s.study.json'),
      '--engine',
      'wasm',
    ]);
    assert.equal(status, 2);
    assert.match(stderr, /study\.json: its runs were made with other settings/);
    write();
  });

  it('says what is wrong before the first run', async () => {
    const refused = async (change: object): Promise<string> => {
      writeFileSync(at('bad.study.json'), JSON.stringify({ ...study, ...change, out: 'bad' }));
      const { status, stderr } = await runAdeptAgain(['study', '--config', at('bad.study.json')]);
      assert.equal(status, 2);
      assert.ok(!existsSync(at('bad')));
      return stderr;
    };
    assert.match(await refused({ arms: ['fast'] }), /arms\.0/);
    assert.match(await refused({ tune: { adept: { learningRat: 1 } } }), /"adept".*learningRat/);
    assert.match(
      await refused({ tune: { adept: { unitRates: 'rank' } } }),
      /tune\.adept\.unitRates.*defines this arm/,
    );
    assert.match(
      await refused({ tune: { adept: { steps: 5 } } }),
      /tune\.steps differs between "adept" and "full"/,
    );
    assert.match(await refused({ seeds: [1, 1] }), /only once/);
    const { replay, ...alone } = job;
    assert.equal(replay.length, 1);
    writeFileSync(at('alone.adept.json'), JSON.stringify(alone));
    const more = { arms: ['full'], variants: { more: { of: 'replay' } }, job: 'alone.adept.json' };
    assert.match(await refused(more), /"replay" is missing: "more" trains on it/);
    assert.match(await refused({ k: 9 }), /9 layers cannot be chosen/);
    assert.match(await refused({ variants: { adept: { of: 'full' } } }), /name of an arm/);
    assert.match(await refused({ variants: { '../x': { of: 'full' } } }), /named with letters/);
    assert.match(await refused({ variants: { x: { of: 'adept', layers: [8] } } }), /layer 8/i);
    assert.match(await refused({ arms: ['adept', 'adept'] }), /arm may be named only once/);
    const variant = (changes: object): Promise<string> => refused({ variants: { x: changes } });
    assert.match(await variant({ of: 'full', layers: [3] }), /variants\.x\.layers: "full" expands nothing/);
    assert.match(await variant({ of: 'replay', k: 1 }), /variants\.x\.k: "replay" expands nothing/);
    assert.match(await variant({ of: 'adept', k: 1, layers: [3] }), /variants\.x\.k: has no effect/);
    assert.match(await variant({ of: 'adept', tune: { seed: 5 } }), /variants\.x\.tune\.seed/);
    assert.match(await variant({ of: 'adept', seeds: [9] }), /variants\.x\.seeds: 9 is none of .* \(1, 2\)/);
  });
});

describe('the arms of a study', () => {
  it('are those of the table, each with its own expansion and rates', () => {
    assert.deepEqual([...ArmName.options], Object.keys(ARMS));
    const base = readRunConfig(sample('sample.adept.json'));
    const study = v.parse(StudyConfig, { job: 'j', out: 'o', k: 3 });
    const config = (arm: ArmName): unknown[] => {
      const { expand, tune } = armConfig(base, study, arm, 5, '/out');
      return [expand, tune.full, tune.unitRates, tune.seed];
    };
    assert.deepEqual(config('adept'), [{ lowest: 3 }, false, 'importance', 5]);
    assert.deepEqual(config('uniform'), [{ uniform: 3 }, false, 'importance', 5]);
    assert.deepEqual(config('llamaPro'), [{ uniform: 3 }, false, 'equal', 5]);
    assert.deepEqual(config('withoutStage2'), [{ lowest: 3 }, false, 'equal', 5]);
    assert.deepEqual(config('withoutStage1').slice(1), [true, 'importance', 5]);
    assert.deepEqual(config('full').slice(1), [true, 'equal', 5]);
    const ranked = { ...base, tune: { ...base.tune, unitRates: 'rank' as const } };
    assert.equal(armConfig(ranked, study, 'adept', 5, '/out').tune.unitRates, 'rank');
    assert.equal(armConfig(ranked, study, 'llamaPro', 5, '/out').tune.unitRates, 'equal');
  });

  it('have variants, which say what they change', () => {
    const base = readRunConfig(sample('sample.adept.json'));
    const variants = {
      few: { of: 'adept', k: 1, tune: { learningRate: 0.01, unitRates: 'rank' } },
      high: { of: 'llamaPro', layers: [6, 7] },
    };
    const study = v.parse(StudyConfig, { job: 'j', out: 'o', k: 3, variants });
    const few = armConfig(base, study, 'few', 0, '/out');
    assert.deepEqual([few.expand, few.tune.learningRate, few.tune.unitRates], [{ lowest: 1 }, 0.01, 'rank']);
    const high = armConfig(base, study, 'high', 0, '/out');
    assert.deepEqual([high.expand, high.tune.unitRates], [{ layers: [6, 7] }, 'equal']);
    assert.equal(armText('few', study, ENGLISH), 'adept with k 1; learningRate 0.01; unitRates rank');
    assert.equal(armText('adept', study, ENGLISH), 'ADEPT');
    assert.match(armText('full', study, ENGLISH), /^every parameter at one learning rate/);
  });

  it('run with every seed, variants with some of them where they say so', () => {
    const variants = { few: { of: 'adept' as const, seeds: [2, 9] } };
    assert.deepEqual(plannedRuns({ arms: ['full', 'few'], variants, seeds: [1, 2] }), [
      { arm: 'full', seed: 1 },
      { arm: 'full', seed: 2 },
      { arm: 'few', seed: 2 },
    ]);
  });

  it('are summed up by mean and range over seeds', () => {
    const report = (domain: number, general: number): StudyFile['runs'][number]['report'] => ({
      ...{
        format: 'adept.report/1',
        engine: {},
        steps: 1,
        peakMemory: 1,
      },
      layers: { before: 8, after: 10, expanded: [1, 2] },
      parameters: { before: 80, after: 100, trained: 20 },
      before: { domainLoss: 3, generalLoss: 2, accuracy: null },
      after: { domainLoss: domain, generalLoss: general, accuracy: null },
      seconds: { tune: 20 },
      trainingSeconds: 10,
    });
    const runs = [
      { arm: 'adept' as const, seed: 0, report: report(2, 2.25) },
      { arm: 'adept' as const, seed: 1, report: report(2.5, 2.5) },
      // Of a seed that was taken out of the study.
      { arm: 'adept' as const, seed: 7, report: report(0, 0) },
    ];
    const summaries = summarize({ arms: ['full', 'adept'], seeds: [0, 1], runs });
    assert.deepEqual(summaries, [
      {
        arm: 'adept',
        seeds: 2,
        domainGain: { mean: 0.75, lowest: 0.5, highest: 1 },
        generalRise: { mean: 0.375, lowest: 0.25, highest: 0.5 },
        accuracyRise: undefined,
        tokensChanged: undefined,
        trainingSeconds: { mean: 10, lowest: 10, highest: 10 },
        trainableShare: 0.2,
        ofFull: undefined,
      },
    ]);
    // Beside the seeds that both have, and those of them that a variant is to have.
    const full = [0, 1].map((seed) => ({ arm: 'full', seed, report: report(3 - 1 / (seed + 1), 2.125) }));
    const [, one] = summarize({
      arms: ['full', 'adept'],
      seeds: [0, 1],
      runs: [...full, ...runs],
      variants: { adept: { of: 'adept', seeds: [1] } },
    });
    assert.equal(one?.seeds, 1);
    assert.deepEqual(one.ofFull, { seeds: 1, domainGain: 1, generalRise: 4, trainingSeconds: 1 });
    const plot = studyPlot(summaries);
    assert.match(plot, />adept<\/text>/);
    const numbers = [...plot.matchAll(/>(-?[0-9.]+)<\/text>/g)].map(([, text]) => text);
    assert.deepEqual(numbers, [
      '0.0',
      '0.2',
      '0.4',
      '0.6',
      '0.8',
      '1.0',
      '0.0',
      '0.1',
      '0.2',
      '0.3',
      '0.4',
      '0.5',
    ]);
  });
});
