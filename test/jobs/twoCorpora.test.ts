import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import * as v from 'valibot';
import { readModelConfig } from '../../src/node/model/modelConfig';
import { readEvents } from '../../src/node/run/eventWriter';
import { RunFolder } from '../../src/node/run/runFolder';
import { ImportanceFile } from '../../src/shared/method/importance';
import { contrastLayers, lowestLayers } from '../../src/shared/method/layerChoice';
import { firstOf, evenlySpaced } from '../../src/trainer/data/sequences/sequences';
import { SILENT_TASK } from '../../src/trainer/task';
import { readManifest } from '../../src/trainer/method/manifest';
import { CorpusReader } from '../../src/trainer/jobs/texts/corpora';
import { writeRows } from '../support/tokenRows';
import { adeptResult, runAdeptAgain, type Argument } from '../support/command';
import { projectRoot } from '../support/projectRoot';
import { idsOf } from '../support/corpora';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);
const MODEL = sample('model');
const SMALL = ['--seq-len', 32, '--max-sequences', 6, '--batch-size', 2, '--engine', 'wasm'];

describe('general and domain text together', () => {
  const folder = mkdtempSync(join(tmpdir(), 'adept-test-'));
  const at = (name: string): string => join(folder, name);

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  async function analyzed(out: string, ...more: readonly Argument[]): Promise<ImportanceFile> {
    await adeptResult(['analyze', '--model', MODEL, '--out', at(out), ...SMALL, ...more]);
    return v.parse(ImportanceFile, JSON.parse(readFileSync(at(out), 'utf8')));
  }

  it('measures on each what an analysis of it alone measures, with confidence intervals', async () => {
    const both = await analyzed(
      'both.json',
      '--probe',
      sample('general.txt'),
      '--domain',
      sample('domain.jsonl'),
    );
    const domain = await analyzed('domain.json', '--probe', sample('domain.jsonl'));
    assert.deepEqual(both.domain?.layers, domain.layers);
    assert.deepEqual(both.domain.units, domain.units);
    assert.deepEqual(both.domain.trust, domain.trust);
    assert.equal(both.domain.baseLoss, domain.baseLoss);
    assert.notDeepEqual(both.layers, domain.layers);
    for (const { layers, trust } of [both, domain]) {
      assert.equal(trust?.layers.length, layers.length);
      for (const { index, importance } of layers) {
        const { low = NaN, high = NaN } = trust.layers[index] ?? {};
        assert.ok(low <= importance && importance <= high, `layer ${index}: ${low}, ${importance}, ${high}`);
      }
      assert.equal(trust.sameLowest.at(-1), 1);
    }
  });

  it('tells how much the texts and what they measure have in common', async () => {
    const args = ['analyze', '--model', MODEL, '--out', at('twice.json'), ...SMALL, '--mode', 'fast'];
    const [general, domain] = [sample('general.txt'), sample('domain.jsonl')];
    const twice = await adeptResult([...args, '--probe', general, '--domain', general]);
    assert.deepEqual([twice.overlap, twice.rankCorrelation], [1, 1]);
    const two = await adeptResult([...args, '--probe', general, '--domain', domain]);
    assert.equal(two.overlap, 0);
    const rho = Number(two.rankCorrelation);
    assert.ok(rho > -1 && rho < 1, `rank correlation ${rho}`);
    const { stdout } = await runAdeptAgain([...args, '--probe', general, '--domain', general]);
    assert.match(
      stdout,
      /rank correlation of general and domain importance: 1\.00\n100\.0% of the tokens of the probe/,
    );
  });

  it('copies the layers of most contrast', async () => {
    const both = v.parse(ImportanceFile, JSON.parse(readFileSync(at('both.json'), 'utf8')));
    const result = await adeptResult([
      ...['expand', '--model', MODEL, '--out', at('expanded'), '--engine', 'wasm'],
      ...['--contrast', 2, '--importance', at('both.json')],
    ]);
    const added = v.parse(v.array(v.looseObject({ source: v.number() })), result.added);
    assert.deepEqual(
      added.map(({ source }) => source),
      contrastLayers(both, 2, both.model.layers, 'both.json'),
    );
  });

  it('previews the learning rates that the run begins with, and answers prompts', async () => {
    const args = [
      ...['tune', '--model', at('expanded'), '--importance', at('both.json'), '--engine', 'wasm'],
      ...['--domain', sample('domain.jsonl'), '--probe', sample('general.txt'), '--out', at('run')],
      ...['--steps', 1, '--lr', 1e-3, '--seq-len', 32, '--max-probe-sequences', 2, '--max-eval-sequences', 2],
      ...['--unit-rates', 'rank', '--rate-floor', 0.25, '--norm-range', 'own'],
    ];
    const { rates } = await adeptResult([...args, '--dry-run']);
    const prompts = at('prompts.txt');
    writeFileSync(prompts, 'The patient was\n');
    await adeptResult([...args, '--answers', prompts]);
    const events = readEvents(RunFolder.at(at('run')).file('events'));
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'answers' ? [[event.step, event.answers.length]] : [])),
      [
        [0, 1],
        [1, 1],
      ],
    );
    const [first] = events.filter(({ type }) => type === 'importance');
    assert.ok(first?.type === 'importance' && first.units.length > 10);
    const added = readManifest(at('expanded'))?.added;
    const sources = new Map(added?.map(({ layer, source }) => [layer, source]));
    assert.deepEqual(
      rates,
      first.units.map((unit) => ({ ...unit, source: sources.get(unit.layer) })),
    );
  });

  it('stops measuring layers when the least important ones stay the same', async () => {
    const text = ['--probe', sample('general.txt')];
    const early = await analyzed(
      'early.json',
      ...text,
      ...['--max-sequences', 40, '--stable-for', 2, '--stable-layers', 1],
    );
    const { sequences: taken, available = NaN } = early.probe;
    assert.ok(taken < available, `${taken} of ${available}`);
    // From all over the text, and units are measured on the same sequences.
    const whole = await new CorpusReader(sample('model'), readModelConfig(sample('model')), SILENT_TASK).read(
      [sample('general.txt')],
      { seqLen: early.probe.seqLen, maxSequences: 40 },
      'general.txt',
    );
    const ofFirst = (count: number): Promise<ImportanceFile> =>
      analyzed(
        'part.json',
        ...['--probe', writeRows(at('used.jsonl'), idsOf(firstOf(evenlySpaced(whole.sequences), count)))],
        ...['--max-sequences', 40],
      );
    const part = await ofFirst(taken);
    assert.deepEqual(early.layers, part.layers);
    assert.deepEqual(early.units, part.units);
    assert.equal(early.probe.tokens, part.probe.tokens);
    const before = await ofFirst(taken - 2);
    const lowest = ({ layers }: ImportanceFile): number[] => lowestLayers({ ...early, layers }, 1, 8, 'it');
    assert.deepEqual(lowest(before), lowest(early));
  });

  it('measures domain text until the layers of most contrast stay the same', async () => {
    const [general, domain] = [sample('general.txt'), sample('domain.jsonl')];
    const stop = ['--stable-for', 2, '--stable-layers', 2, '--max-sequences', 40];
    const early = await analyzed('contrast.json', '--probe', general, '--domain', domain, ...stop);
    const used = early.domain?.probe.sequences ?? NaN;
    assert.ok(used < (early.domain?.probe.available ?? NaN));
    const whole = await new CorpusReader(MODEL, readModelConfig(MODEL), SILENT_TASK).read(
      [domain],
      { seqLen: early.probe.seqLen, maxSequences: 40 },
      'domain.jsonl',
    );
    const chosen: number[][] = [];
    for (const count of [used, used - 2]) {
      const rows = writeRows(at('used.jsonl'), idsOf(firstOf(evenlySpaced(whole.sequences), count)));
      const part = await analyzed('part.json', '--probe', rows, '--max-sequences', 40);
      chosen.push(contrastLayers({ ...early, domain: part }, 2, 8, 'it').toSorted((a, b) => a - b));
    }
    assert.deepEqual(chosen[1], chosen[0]);
  });

  it('does not look for an early end where there is none', async () => {
    const refusal = async (...more: Argument[]): Promise<string> => {
      const { status, stderr } = await runAdeptAgain([
        ...[
          'analyze',
          '--model',
          sample('model'),
          '--probe',
          sample('general.txt'),
          '--out',
          at('never.json'),
        ],
        ...['--engine', 'wasm', '--stable-for', 2, ...more],
      ]);
      assert.equal(status, 2);
      assert.ok(!existsSync(at('never.json')));
      return stderr;
    };
    assert.match(await refusal('--stable-layers', 8), /--stable-layers 8: .* 8 layers .* at most 7/);
    assert.match(await refusal('--mode', 'fast'), /--stable-for: a fast analysis takes one pass/);
  });

  it('keeps smoothed importance as it was, but for what copies have from their sources', async () => {
    const rates = async (out: string, ...more: Argument[]): Promise<(number | undefined)[][]> => {
      await adeptResult([
        ...['tune', '--out', at(out), '--probe', sample('general.txt'), '--domain', sample('domain.jsonl')],
        ...['--steps', 3, '--lr', 1e-3, '--update-every', 1, '--rate-smoothing', 1, '--engine', 'wasm'],
        ...[
          '--seq-len',
          32,
          '--batch-size',
          2,
          '--max-probe-sequences',
          2,
          '--max-eval-sequences',
          2,
          ...more,
        ],
      ]);
      return readEvents(RunFolder.open(at(out)).file('events')).flatMap((event) =>
        event.type === 'importance' ? [event.units.map(({ normalized }) => normalized)] : [],
      );
    };
    const full = await rates('smoothFull', '--model', MODEL, '--full');
    assert.equal(full.length, 4);
    for (const later of full.slice(1)) {
      assert.deepEqual(later, full[0]);
    }
    const [seed, first, ...later] = await rates('smooth', '--model', at('expanded'));
    assert.notDeepEqual(first, seed);
    assert.equal(later.length, 2);
    for (const one of later) {
      assert.deepEqual(one, first);
    }
  });

  it('trains on both kinds of text in their order', async () => {
    const rows = (first: number, count: number): number[][] =>
      Array.from({ length: count }, (_, row) =>
        Array.from({ length: 12 }, (_, at) => (first + 7 * row + at) % 250),
      );
    const [domain, replay] = [rows(0, 6), rows(100, 3)];
    const write = (name: string, lines: readonly (readonly number[] | undefined)[]): string => {
      writeFileSync(at(name), lines.map((ids) => `${JSON.stringify({ tokens: ids })}\n`).join(''));
      return at(name);
    };
    const losses = async (out: string, ...texts: readonly Argument[]): Promise<number[]> => {
      await adeptResult([
        ...['tune', '--model', at('expanded'), '--out', at(out), '--engine', 'wasm', '--order', 'given'],
        ...['--probe', sample('general.txt'), '--steps', 8, '--lr', 1e-3, '--batch-size', 1, '--seq-len', 32],
        ...['--max-probe-sequences', 2, '--max-eval-sequences', 2, ...texts],
      ]);
      return readEvents(RunFolder.at(at(out)).file('events')).flatMap((event) =>
        event.type === 'step' ? [event.loss] : [],
      );
    };
    const mixed = await losses(
      'mixed',
      ...['--domain', write('d.jsonl', domain), '--replay', write('r.jsonl', replay), '--replay-share', 0.25],
    );
    const [a, b, c, d, e, f] = domain;
    const joined = [a, b, c, replay[0], d, e, f, replay[1]];
    assert.deepEqual(mixed, await losses('joined', '--domain', write('joined.jsonl', joined)));
  });
});
