import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { readEvents } from '../../src/node/run/eventWriter';
import { readJson, writeJson } from '../../src/node/files/jsonFile';
import { recordedLosses } from '../../src/node/run/runExports';
import { RunFolder } from '../../src/node/run/runFolder';
import { JobReport } from '../../src/shared/run/job';
import { convertedSource, Rounding } from '../../src/trainer/safetensors/convertedSource';
import { TensorStore } from '../../src/trainer/safetensors/safetensors';
import { writeSafetensors } from '../../src/trainer/safetensors/safetensorsWriter';
import { adeptResult } from '../support/command';
import { projectRoot } from '../support/projectRoot';
import { temporaryFolder } from '../support/temporaryFolder';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);

const SMALL_RUN = { batchSize: 2, seqLen: 32, maxProbeSequences: 2, maxEvalSequences: 4, sampling: 'spread' };

/** A job on a model, which is not analyzed for long. */
function writeJob(folder: string, model: string, how: Record<string, unknown>): string {
  const config = join(folder, 'job.adept.json');
  const job = {
    ...{ model, probe: [sample('general.txt')], domain: [sample('domain.jsonl')], out: join(folder, 'run') },
    eval: { domain: [sample('domain-eval.jsonl')], general: [sample('general-eval.txt')] },
    analyze: { mode: 'fast', seqLen: 32, maxSequences: 4 },
    expand: { layers: [6] },
    engine: 'wasm',
    ...how,
  };
  writeFileSync(config, JSON.stringify(job));
  return config;
}

/** The sample model in bfloat16, called `name`, with a README. */
function bfloat16Sample(folder: string, name: string): string {
  const model = join(folder, name);
  cpSync(sample('model'), model, { recursive: true });
  const store = TensorStore.open(model);
  const conversion = { dtype: 'BF16', rounding: new Rounding(), label: '' } as const;
  const tensors = [...store.entries.keys()].map((tensor) => convertedSource(store, tensor, conversion));
  writeSafetensors(join(model, 'model.safetensors'), tensors, { format: 'pt' });
  store.close();
  const readme = ['---', 'license: apache-2.0', 'language:', '- en', '---', '# The README of the source', ''];
  writeFileSync(join(model, 'README.md'), readme.join('\n'));
  const file = join(model, 'config.json');
  const config = v.parse(v.record(v.string(), v.unknown()), readJson(file));
  writeJson(file, { ...config, torch_dtype: 'bfloat16' });
  return model;
}

describe('the report of a job', () => {
  it('is of the model that was exported, of which nothing is new where nothing of the tuning is kept', async (t) => {
    const folder = temporaryFolder(t);
    const out = join(folder, 'run');
    const tune = { ...SMALL_RUN, steps: 3, learningRate: 0.02 };
    const config = writeJob(folder, sample('model'), { tune, export: { alpha: 0 } });
    await adeptResult(['run', '--config', config]);
    const report = v.parse(JobReport, readJson(join(out, 'report.json')));
    const losses = readEvents(RunFolder.open(out).file('events')).flatMap((event) =>
      event.type === 'eval' ? [event.domainLoss ?? NaN] : [],
    );
    // The tuned model itself is another one.
    assert.ok(Math.abs((losses.at(-1) ?? NaN) - (losses[0] ?? NaN)) > 0.1, losses.join(', '));
    for (const loss of ['domainLoss', 'generalLoss'] as const) {
      const change = (report.after[loss] ?? NaN) - (report.before[loss] ?? NaN);
      assert.ok(Math.abs(change) < 1e-6, `${loss} changed by ${change}`);
    }
    assert.equal(report.tokenShift?.domain.changed, 0);
    assert.equal(report.tokenShift.general.changed, 0);
  });

  it('is of the files where the source has a narrower type, and warns of what that takes', async (t) => {
    const folder = temporaryFolder(t);
    const [out, again] = [join(folder, 'run'), join(folder, 'again')];
    const tune = { ...SMALL_RUN, steps: 3, learningRate: 2e-6, full: true };
    await adeptResult(['run', '--config', writeJob(folder, bfloat16Sample(folder, 'small'), { tune })]);
    const { before, after, exported } = v.parse(JobReport, readJson(join(out, 'report.json')));
    const events = readEvents(RunFolder.open(out).file('events'));
    const trained =
      events.flatMap((event) => (event.type === 'eval' ? [event.domainLoss ?? NaN] : [])).at(-1) ?? NaN;
    assert.ok(trained < (before.domainLoss ?? NaN), 'something was gained');
    assert.notEqual(after.domainLoss, trained);
    const warning = events.flatMap((event) =>
      event.type === 'log' && event.level === 'warn' && event.message.startsWith('rounding')
        ? [event.message]
        : [],
    );
    assert.match(
      warning.join(),
      /^rounding to bfloat16 takes \d+% of the gain: .* "export\.dtype" float32 to keep it\.$/,
    );
    for (const loss of [before.domainLoss, trained, after.domainLoss]) {
      assert.ok(warning.join().includes((loss ?? NaN).toFixed(5)), `${loss} in ${warning.join()}`);
    }
    const evaluated = async (model: string): Promise<number> => {
      const shape = ['--seq-len', 32, '--max-sequences', 4, '--sampling', 'spread', '--batch-size', 2];
      const data = ['--data', sample('domain-eval.jsonl'), '--engine', 'wasm'];
      return v.parse(v.number(), (await adeptResult(['eval', '--model', model, ...data, ...shape])).loss);
    };
    assert.ok(Math.abs((await evaluated(exported)) - (after.domainLoss ?? NaN)) < 1e-6);
    assert.deepEqual(recordedLosses(out, exported), {
      domainLoss: after.domainLoss,
      generalLoss: after.generalLoss,
    });

    const wide = await adeptResult(['export', '--run', out, '--out', again, '--dtype', 'float32']);
    assert.equal(wide.warning, undefined);
    assert.ok(Math.abs((await evaluated(again)) - trained) < 1e-6);
    checkCards(exported, again, folder);
  });
});

/** Of an export in the source's type and of one in float32. */
function checkCards(narrow: string, wide: string, folder: string): void {
  const types = [narrow, wide].map((out) => {
    const config = v.parse(v.object({ torch_dtype: v.string() }), readJson(join(out, 'config.json')));
    const card = readFileSync(join(out, 'README.md'), 'utf8');
    assert.match(card, new RegExp(`parameters, in ${config.torch_dtype}\\.`));
    assert.match(card, /^---\nlicense: apache-2\.0\nlanguage:\n- en\n/);
    assert.match(card, /\nbase_model: small\n/);
    assert.match(card, /\ndatasets:\n- domain\.jsonl\n/);
    assert.match(card, /\| domain \| `domain-eval\.jsonl` \|/);
    assert.match(card, /!\[.*\]\(importance\.svg\)/);
    assert.doesNotMatch(card, /README of the source/);
    const texts = [card, readFileSync(join(out, 'importance.svg'), 'utf8')];
    for (const path of [folder, homedir(), tmpdir(), projectRoot]) {
      assert.ok(!texts.some((text) => text.includes(path)), `${path} is in what is exported`);
    }
    // No path at all: a slash begins one where no name, address or end of an element is before it.
    assert.doesNotMatch(card, /(?:^|[\s"'`(|])(?:\/|~\/|[A-Za-z]:\\)[\w.]/m);
    return config.torch_dtype;
  });
  assert.deepEqual(types, ['bfloat16', 'float32']);
}
