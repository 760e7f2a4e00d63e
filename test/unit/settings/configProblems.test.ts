import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { configProblems } from '../../../src/node/job/configProblems';
import { ENGLISH } from '../../../src/shared/common/localizer';
import { parseWith } from '../../../src/shared/common/parse';
import { RunConfig } from '../../../src/shared/config/runConfig';
import { expectInputError } from '../../support/expectInputError';
import { projectRoot } from '../../support/projectRoot';
import { temporaryFolder } from '../../support/temporaryFolder';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);

/** What is said of a configuration of the sample model, each as `path: message`, warnings in brackets. */
function said(t: TestContext, change: object, tune: object = {}): string[] {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'general.txt'), 'one\n\ntwo\n');
  const config = {
    model: sample('model'),
    probe: ['general.txt'],
    domain: [sample('domain.jsonl')],
    out: 'run',
    ...change,
    tune: { steps: 100, learningRate: 1e-3, updateEvery: 50, saveEvery: 50, seqLen: 64, ...tune },
    analyze: { seqLen: 64 },
  };
  return configProblems(config, join(folder, 'job.adept.json'), ENGLISH).map(
    ({ path, message, severity }) =>
      `${severity === 'warning' ? '[' : ''}${path.join('.')}: ${message.replaceAll(folder, '')}`,
  );
}

describe('what is said of a *.adept.json before it runs', () => {
  it('is nothing where all is well', (t) => {
    assert.deepEqual(said(t, {}), []);
  });

  it('names a model, a text and an importance.json that are not there, each where it is named', (t) => {
    const problems = said(t, {
      model: 'nowhere',
      domain: { files: ['general.txt', 'missing.jsonl'] },
      replay: ['*.nothing'],
      importance: 'none.json',
    });
    assert.equal(problems.length, 4);
    assert.match(problems[0] ?? '', /^model: .*nowhere.*config\.json/);
    assert.match(problems[1] ?? '', /^importance: .*none\.json does not exist\./);
    assert.match(problems[2] ?? '', /^domain\.files\.1: .*missing\.jsonl.*no such file/);
    assert.match(problems[3] ?? '', /^replay\.0: .*\*\.nothing: no file matches/);
  });

  it('holds layers and lengths against the model', (t) => {
    assert.deepEqual(said(t, { expand: { layers: [2, 8] } }, { seqLen: 999999 }), [
      'expand.layers.1: The model has layers 0 to 7: there is no layer 8.',
      'tune.seqLen: The model has 256 positions: give 256 or less.',
    ]);
    assert.deepEqual(said(t, { expand: { lowest: 9 } }), [
      'expand.lowest: The model has 8 layers: give 8 or less.',
    ]);
  });

  it('calls keys and values that the schema does not have errors, all of them', (t) => {
    assert.deepEqual(said(t, { engine: 'cuda', layers: [1] }, { steps: 0 }), [
      'engine: "engine" is not usable (it is "cuda", and takes "auto", "native", "wasm" or "torch"): correct it.',
      'tune.steps: "tune.steps" is not usable (it is 0, and takes at least 1): correct it.',
      'layers: "layers" is not known here (did you mean "expand.layers"?): correct its name or remove it.',
    ]);
  });

  it('names the key that was meant: one almost alike, or of another part of the file', (t) => {
    const keys = said(t, { egnine: 'wasm', steps: 5, colour: 1 }, { learning_rate: 1, warmpu: 3, zzz: 1 });
    assert.deepEqual(
      keys.map((text) => /^(\S+): .*?(?:did you mean "(.+?)".*)?$/.exec(text)?.slice(1)),
      [
        ['tune.learning_rate', 'learningRate'],
        ['egnine', 'engine'],
        ['tune.warmpu', 'warmup'],
        ['steps', 'tune.steps'],
        ['tune.zzz', undefined],
        ['colour', undefined],
      ],
    );
  });

  it('is said of a file that is run as well: what is wrong first, and how much more is', () => {
    const config = {
      model: 'model',
      probe: ['a'],
      domain: ['b'],
      out: 'run',
      tune: { steps: 0, schedul: 1 },
    };
    expectInputError(
      () => parseWith(RunConfig, config, 'job.adept.json'),
      'job.adept.json: "tune.steps" is not usable (it is 0, and takes at least 1): correct it; ' +
        '"tune.learningRate" is missing: add it; ' +
        '"tune.schedul" is not known here (did you mean "schedule"?): correct its name or remove it.',
    );
    assert.throws(
      () => parseWith(RunConfig, { ...config, more: 1, most: 2 }, 'job.adept.json'),
      /correct its name or remove it; and 2 more\.$/,
    );
  });

  it('says at once what else is wrong, whatever does not fit the schema', (t) => {
    const problems = said(
      t,
      { domain: ['missing.jsonl'], expand: { layers: [99] } },
      { schedul: 'cosine', saveEvery: 500 },
    );
    assert.match(problems[0] ?? '', /^tune\.schedul: "tune\.schedul" is not known here/);
    assert.match(problems[1] ?? '', /^domain\.0: .*missing\.jsonl.*no such file/);
    assert.match(problems[2] ?? '', /^expand\.layers\.0: .*there is no layer 99/);
    assert.match(problems[3] ?? '', /^\[tune\.saveEvery: There is no checkpoint before the end/);
    assert.equal(problems.length, 4);

    // What every file has to have is wrong too, and half of an object.
    const replay = [{ weight: 'x', files: ['b'] }, 'none.txt'];
    const all = said(
      t,
      { probe: 7, out: undefined, domain: ['gone.jsonl'], replay },
      { steps: '9', seqLen: 64000 },
    );
    const keys = all.map((text) => text.slice(0, text.indexOf(':')));
    assert.deepEqual(keys.filter((key) => !key.startsWith('replay')).sort(), [
      'domain.0',
      'out',
      'probe',
      'tune.seqLen',
      'tune.steps',
    ]);
  });

  it('says in words what a setting takes', (t) => {
    const problems = said(t, { ranks: 1.5 }, { schedule: 'cosin', batchSize: '2', steps: 0 });
    assert.deepEqual(problems, [
      'ranks: "ranks" is not usable (it is 1.5, and takes a whole number): correct it.',
      'tune.steps: "tune.steps" is not usable (it is 0, and takes at least 1): correct it.',
      'tune.batchSize: "tune.batchSize" is not usable (it is "2", and takes a number): correct it.',
      'tune.schedule: "tune.schedule" is not usable (it is "cosin", and takes "constant", "cosine" or "linear"): correct it.',
    ]);
  });

  it('warns of what a run would take and hardly anybody means', (t) => {
    assert.deepEqual(
      said(t, {}, { learningRate: 50, warmup: 100, saveEvery: 500, evalEvery: 200, updateEvery: 101 }),
      [
        '[tune.learningRate: A rate of 50 destroys a language model in a few steps: 1e-5 to 1e-3 are usual.',
        '[tune.warmup: The warm-up of 100 steps is not over when the run ends, after 100.',
        '[tune.updateEvery: Learning rates are never refreshed: the first refresh would be after 101 of 100 steps.',
        '[tune.saveEvery: There is no checkpoint before the end: 500 is more than the 100 steps.',
        '[tune.evalEvery: Losses are measured at the start and the end only: 200 is more than the 100 steps.',
      ],
    );
    const limited = { maxGeneralRise: 0.1, onGeneralRise: 'lower', evalEvery: 100 };
    assert.deepEqual(said(t, {}, limited), [
      '[tune.maxGeneralRise: The limit is looked at only after the last step, when nothing is left to correct: evaluate more often.',
    ]);
    assert.match(
      said(t, {}, { rateFloor: 3 })[0] ?? '',
      /^tune\.rateFloor: 3 is more than "tune\.rateCap", 2/,
    );
  });
});
