import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import * as v from 'valibot';
import { readEvents } from '../../src/node/eventLog';
import { RunFolder } from '../../src/node/runFolder';
import { ImportanceFile } from '../../src/shared/importance';
import { contrastLayers } from '../../src/shared/layerChoice';
import { readManifest } from '../../src/trainer/adept/manifest';
import { adeptResult, type Argument } from '../support/command';
import { projectRoot } from '../support/projectRoot';

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

  it('measures on each what an analysis of it alone measures, and how sure that is', async () => {
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

  it('previews the learning rates that the run begins with', async () => {
    const args = [
      ...['tune', '--model', at('expanded'), '--importance', at('both.json'), '--engine', 'wasm'],
      ...['--domain', sample('domain.jsonl'), '--probe', sample('general.txt'), '--out', at('run')],
      ...['--steps', 1, '--lr', 1e-3, '--seq-len', 32, '--max-probe-sequences', 2, '--max-eval-sequences', 2],
      ...['--unit-rates', 'rank', '--rate-floor', 0.25, '--norm-range', 'own'],
    ];
    const { rates } = await adeptResult([...args, '--dry-run']);
    await adeptResult(args);
    const [first] = readEvents(RunFolder.at(at('run')).file('events')).filter(
      ({ type }) => type === 'importance',
    );
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
    const early = await analyzed('early.json', ...text, '--stable-for', 2, '--stable-layers', 8);
    // All eight layers are the eight least important ones from the first batch on.
    assert.equal(early.probe.layerSequences, 4);
    assert.equal(early.probe.sequences, 6);
    const part = await analyzed('part.json', ...text, '--max-sequences', 4);
    assert.deepEqual(early.layers, part.layers);
  });

  it('trains on both kinds of text in their places', async () => {
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
