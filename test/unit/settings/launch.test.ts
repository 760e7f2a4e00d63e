import assert from 'node:assert/strict';
import { ENGLISH } from '../../../src/shared/common/localizer';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { readRunConfig } from '../../../src/node/job/runConfigFile';
import { launchText, parseLaunchText, type LaunchPlan } from '../../../src/shared/launch/launchConfig';
import {
  FORM_SETTINGS,
  freshForm,
  withField,
  LaunchForm,
  readForm,
  type FormSetting,
} from '../../../src/shared/launch/launchForm';
import { pathFrom } from '../../../src/shared/launch/pathFrom';
import { RunConfig } from '../../../src/shared/config/runConfig';
import { TUNE_SETTINGS } from '../../../src/shared/settings/tuneSettings';
import { type Setting } from '../../../src/shared/settings/settingTable';
import { expectInputError } from '../../support/expectInputError';
import { temporaryFolder } from '../../support/temporaryFolder';

/** A form that can be launched, with these settings. */
function filled(settings: Partial<Record<FormSetting, string>> = {}): LaunchForm {
  const form = freshForm('night-1', ['/data/general.txt']);
  return {
    ...form,
    files: { ...form.files, domain: '/work/space/texts/domain.jsonl\n' },
    settings: { ...form.settings, steps: '200', learningRate: '3e-4', ...settings },
  };
}

function planOf(form: LaunchForm, folders: LaunchPlan['folders']): LaunchPlan {
  return {
    reading: readForm(form, ENGLISH),
    model: '/work/space/models/small',
    importance: '/work/space/.adept/importance.json',
    probe: { sources: ['/data/general.txt'], sequences: 12 },
    layers: [3, 5],
    compute: { engine: 'auto' },
    folders,
  };
}

describe('the launch form', () => {
  it('starts with the defaults of the settings table, and nothing where there is none', () => {
    const { settings, files } = freshForm('a', ['/x', '/y']);
    for (const name of FORM_SETTINGS) {
      const setting: Setting = TUNE_SETTINGS[name];
      assert.equal(settings[name], setting.default === undefined ? '' : String(setting.default), name);
    }
    assert.equal(files.probe, '/x\n/y');
  });

  it('lacks exactly what is required and has no default', () => {
    const { problems } = readForm(freshForm('a', ['/x']), ENGLISH);
    assert.deepEqual([...problems.keys()].sort(), ['domain', 'learningRate', 'steps']);
  });

  it('has no problem when it is filled in', () => {
    const { problems, settings } = readForm(filled({ maxGeneralRise: '0.02', schedule: 'cosine' }), ENGLISH);
    assert.deepEqual([...problems], []);
    assert.equal(settings.learningRate, 3e-4);
    assert.equal(settings.maxGeneralRise, 0.02);
    assert.equal(settings.schedule, 'cosine');
    assert.equal(settings.seed, 0);
  });

  it('counts white space as nothing and reads one path a line', () => {
    const form = filled({ maxGeneralRise: '  ', steps: ' 7 ' });
    const reading = readForm(
      { ...form, files: { ...form.files, evalDomain: '\n a.txt \r\n\n b c.txt\n' } },
      ENGLISH,
    );
    assert.deepEqual(reading.files.evalDomain, ['a.txt', 'b c.txt']);
    assert.equal(reading.settings.steps, 7);
    assert.equal('maxGeneralRise' in reading.settings, false);
  });

  const wrong: [FormSetting, string, string][] = [
    ['steps', '', 'Give a whole number of at least 1.'],
    ['steps', '0', 'Give a whole number of at least 1.'],
    ['steps', '1.5', 'Give a whole number of at least 1.'],
    ['steps', '0x10', 'Give a whole number of at least 1.'],
    ['learningRate', '-1', 'Give a number of at least 0.'],
    ['learningRate', 'Infinity', 'Give a number of at least 0.'],
    ['seqLen', '1', 'Give a whole number of at least 2, or leave it empty.'],
    ['schedule', 'step', 'Give one of constant, cosine, linear, or leave it empty.'],
    ['maxGeneralRise', 'a little', 'Give a number of at least 0, or leave it empty.'],
  ];
  for (const [field, text, message] of wrong) {
    it(`says of "${text}" in ${field} what it takes`, () => {
      const { problems, settings } = readForm(filled({ [field]: text }), ENGLISH);
      assert.deepEqual([...problems], [[field, message]]);
      assert.equal(field in settings, false);
    });
  }

  it('says which settings do not go together, as the run would', () => {
    const problemsOf = (settings: Partial<Record<FormSetting, string>>): [string, string][] => [
      ...readForm(filled(settings), ENGLISH).problems,
    ];
    assert.deepEqual(problemsOf({ rateFloor: '3', rateCap: '2' }), [
      ['rateFloor', '3 is more than the highest rate, 2: lower it.'],
    ]);
    const limit = { maxGeneralRise: '0.02', onGeneralRise: 'freeze' };
    assert.deepEqual(problemsOf(limit), []);
    const [[field, problem] = []] = problemsOf({ ...limit, unitRates: 'equal' });
    assert.equal(field, 'onGeneralRise');
    assert.match(problem ?? '', /^"freeze" goes by the units’ importance/);
    // Of a number that cannot be used, only that is said.
    assert.deepEqual(
      problemsOf({ rateFloor: 'x' }).map(([name]) => name),
      ['rateFloor'],
    );
  });

  it('takes a name that can be a file and a folder on every system', () => {
    const problemOf = (name: string): boolean =>
      readForm({ ...filled(), name }, ENGLISH).problems.has('name');
    assert.deepEqual(['a', 'Run_1.b-2', ' a '].map(problemOf), [false, false, false]);
    assert.deepEqual(
      ['', '.a', 'a/b', 'a b', '../a', 'a'.repeat(65), 'ä', 'CON:'].map(problemOf),
      Array.from({ length: 8 }, () => true),
    );
  });

  it('is kept and found again whole, and no other thing is taken for it', () => {
    assert.deepEqual(v.parse(LaunchForm, JSON.parse(JSON.stringify(filled()))), filled());
    const { texts, ...earlier } = filled();
    assert.deepEqual(v.parse(LaunchForm, earlier), { ...earlier, texts });
    assert.equal(v.is(LaunchForm, { ...filled(), settings: { steps: '1' } }), false);
    assert.equal(v.is(LaunchForm, { ...filled(), files: { ...filled().files, domain: 3 } }), false);
  });
});

describe('the probe of a launch after an analysis that ended early', () => {
  it('is as many sequences from all over the text, as they were then', () => {
    const folders = { folder: '/work/space', runs: '.adept/runs' };
    const plan = planOf(filled(), folders);
    const tuneOf = (probe: LaunchPlan['probe']): unknown =>
      (JSON.parse(launchText({ ...plan, probe })) as { tune: Record<string, unknown> }).tune;
    const early = { ...plan.probe, available: 99 };
    assert.deepEqual(tuneOf(early), {
      ...(tuneOf(plan.probe) as object),
      ...{ maxProbeSequences: 12, sampling: 'spread' },
    });
  });
});

describe('the configuration that a form comes to', () => {
  const folders = { folder: '/work/space', runs: '.adept/runs' };

  it('is the file that people see, with paths relative to the workspace folder', () => {
    assert.equal(
      launchText(planOf(filled({ maxGeneralRise: '0.05' }), folders)),
      `{
  "model": "models/small",
  "importance": ".adept/importance.json",
  "probe": [
    "/data/general.txt"
  ],
  "domain": [
    "texts/domain.jsonl"
  ],
  "expand": {
    "layers": [3, 5]
  },
  "tune": {
    "steps": 200,
    "learningRate": 0.0003,
    "maxGeneralRise": 0.05,
    "batchSize": 4,
    "seqLen": 256,
    "updateEvery": 500,
    "schedule": "constant",
    "warmup": 0,
    "saveEvery": 500,
    "onGeneralRise": "stop",
    "seed": 0,
    "maxProbeSequences": 12
  },
  "engine": "auto",
  "out": ".adept/runs/night-1"
}
`,
    );
  });

  it('asks for answers where the form does', () => {
    const answersOf = (form: LaunchForm): unknown =>
      parseLaunchText(launchText(planOf(form, folders)), 'it').answers;
    assert.equal(answersOf(filled()), undefined);
    assert.deepEqual(answersOf(withField(filled(), 'answers', 'default')), {});
    assert.equal(
      answersOf(withField(withField(filled(), 'answers', 'default'), 'answers', 'none')),
      undefined,
    );
  });

  it('is read by the real schema as what was typed, and every setting left alone is its default', () => {
    const form = filled({ seqLen: '64', warmup: '5', schedule: 'linear' });
    const evaluated = { ...form, files: { ...form.files, evalGeneral: 'g.txt', evalDomain: 'd.txt\ne.csv' } };
    const config = parseLaunchText(launchText(planOf(evaluated, folders)), 'x');
    assert.deepEqual(config.expand, { layers: [3, 5] });
    assert.deepEqual(config.eval, { domain: ['d.txt', 'e.csv'], general: ['g.txt'] });
    assert.equal(config.out, '.adept/runs/night-1');
    assert.deepEqual(
      config.tune,
      v.parse(RunConfig.entries.tune, {
        steps: 200,
        learningRate: 3e-4,
        seqLen: 64,
        warmup: 5,
        schedule: 'linear',
        maxProbeSequences: 12,
      }),
    );
  });

  it('measures as much of the analyzed text as the analysis did, and all of any other', () => {
    const limitOf = (probe: string): number | undefined => {
      const form = filled();
      const text = launchText(planOf({ ...form, files: { ...form.files, probe } }, folders));
      return parseLaunchText(text, 'x').tune.maxProbeSequences;
    };
    assert.equal(limitOf('/data/general.txt'), 12);
    assert.equal(limitOf('/data/other.txt'), undefined);
    assert.equal(limitOf('/data/general.txt\n/data/other.txt'), undefined);
  });

  it('takes the sequences from all over the text where the analysis did', () => {
    const plan = planOf(filled(), folders);
    const text = launchText({ ...plan, probe: { ...plan.probe, sampling: 'spread' } });
    const { maxProbeSequences, sampling } = parseLaunchText(text, 'x').tune;
    assert.deepEqual([maxProbeSequences, sampling], [12, 'spread']);
    assert.equal(parseLaunchText(launchText(plan), 'x').tune.sampling, 'first');
  });

  it('names the same files when the trainer reads it', (t) => {
    const folder = temporaryFolder(t);
    const form = filled();
    const text = launchText({
      ...planOf(
        { ...form, files: { ...form.files, domain: join(folder, 'd.txt'), probe: 'p.txt' } },
        {
          folder,
          runs: join(folder, 'runs'),
        },
      ),
      model: join(folder, 'model'),
      importance: '/elsewhere/importance.json',
    });
    const file = join(folder, 'night-1.adept.json');
    writeFileSync(file, text);
    for (const name of ['d.txt', 'p.txt']) {
      writeFileSync(join(folder, name), 'text');
    }
    const config = readRunConfig(file);
    assert.deepEqual(
      [config.model, config.domain, config.probe, config.out, config.importance],
      [
        join(folder, 'model'),
        [join(folder, 'd.txt')],
        [join(folder, 'p.txt')],
        join(folder, 'runs', 'night-1'),
        '/elsewhere/importance.json',
      ],
    );
  });

  it('names a folder and a glob as such, and says how texts are read where that is not the default', () => {
    const form = filled();
    const files = {
      ...form.files,
      domain: '/work/space/shards\n/data/notes/**/*.md',
      replay: 'old.txt',
      evalGeneral: 'g.txt',
    };
    const plain = parseLaunchText(launchText(planOf({ ...form, files }, folders)), 'x');
    assert.deepEqual(plain.domain, ['shards', '/data/notes/**/*.md']);
    assert.deepEqual(plain.replay, ['old.txt']);

    const texts = { documentStart: ' auto ', documentEnd: 'none', packing: 'separate' };
    const text = launchText(planOf({ ...form, files, texts }, folders));
    const config = JSON.parse(text) as Record<string, unknown>;
    const set = { documentEnd: 'none', packing: 'separate' };
    assert.deepEqual(config.domain, { files: ['shards', '/data/notes/**/*.md'], ...set });
    assert.deepEqual(config.probe, { files: ['/data/general.txt'], ...set });
    assert.deepEqual(config.replay, [{ files: ['old.txt'], weight: 1, ...set }]);
    assert.deepEqual(config.eval, { general: { files: ['g.txt'], ...set } });
    assert.equal((config.tune as Record<string, unknown>).maxProbeSequences, 12);
    const { domain } = parseLaunchText(text, 'x');
    assert.ok(!Array.isArray(domain) && domain.packing === 'separate' && domain.documentStart === 'auto');
  });

  it('takes nothing for the default of a text setting, and no other choice than there is', () => {
    const form = filled();
    const empty = readForm(
      { ...form, texts: { documentStart: ' ', documentEnd: '', packing: 'joined' } },
      ENGLISH,
    );
    assert.deepEqual([empty.texts, [...empty.problems]], [{}, []]);
    const wrong = readForm({ ...form, texts: { ...form.texts, packing: 'loose' } }, ENGLISH);
    assert.deepEqual([...wrong.problems], [['packing', 'Give one of joined, separate, or leave it empty.']]);
  });

  it('leaves paths alone that look like a list of numbers', () => {
    const form = filled();
    const odd = { ...form, files: { ...form.files, domain: 'a[ 1, 2 ].txt' } };
    assert.deepEqual(parseLaunchText(launchText(planOf(odd, folders)), 'x').domain, ['a[ 1, 2 ].txt']);
  });

  it('is refused when it is no configuration', () => {
    expectInputError(() => parseLaunchText('{', 'f.adept.json'), 'f.adept.json', 'not JSON');
    expectInputError(() => parseLaunchText('{"model": "m"}', 'f.adept.json'), 'f.adept.json', 'probe');
  });
});

describe('paths in a configuration', () => {
  it('are relative inside the folder and absolute outside', () => {
    assert.equal(pathFrom('/a/b', '/a/b/c/d.txt'), 'c/d.txt');
    assert.equal(pathFrom('/a/b/', '/a/b'), '.');
    assert.equal(pathFrom('/a/b', '/a/bc/d.txt'), '/a/bc/d.txt');
    assert.equal(pathFrom('/a/b', 'c.txt'), 'c.txt');
    assert.equal(pathFrom('/a/B', '/a/b/c.txt'), '/a/b/c.txt');
  });

  it('have forward slashes and no case on Windows', () => {
    assert.equal(pathFrom('C:\\Work', 'c:\\work\\Texts\\a.txt'), 'Texts/a.txt');
    assert.equal(pathFrom('C:\\Work', 'D:\\a.txt'), 'D:\\a.txt');
  });
});
