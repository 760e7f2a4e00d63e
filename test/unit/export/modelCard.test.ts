import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import * as v from 'valibot';
import { writeJson } from '../../../src/node/files/jsonFile';
import { importanceTable } from '../../../src/shared/heatmap/importanceTable';
import { TUNE_SETTINGS } from '../../../src/shared/settings/tuneSettings';
import { settingsSchema } from '../../../src/shared/settings/settingTable';
import { readFrontMatter, writeFrontMatter } from '../../../src/trainer/jobs/card/frontMatter';
import { importancePicture } from '../../../src/trainer/jobs/card/importancePicture';
import { modelCard, type CardFacts } from '../../../src/trainer/jobs/card/modelCard';
import { hubNameOf } from '../../../src/shared/model/hubName';
import { readSourceCard } from '../../../src/trainer/jobs/card/sourceCard';
import { importanceFile } from '../../support/importanceFile';
import { projectRoot } from '../../support/projectRoot';
import { temporaryFolder } from '../../support/temporaryFolder';

/** A model folder of this name, with a README and config.json. */
function sourceFolder(
  t: TestContext,
  path: string,
  { readme, origin }: { readonly readme?: string; readonly origin?: string } = {},
): string {
  const folder = join(temporaryFolder(t), path);
  mkdirSync(folder, { recursive: true });
  writeJson(join(folder, 'config.json'), origin === undefined ? {} : { _name_or_path: origin });
  if (readme !== undefined) {
    writeFileSync(join(folder, 'README.md'), readme);
  }
  return folder;
}

const FACTS: CardFacts = {
  source: {
    ...{ name: 'org/small', onHub: true, baseModel: 'org/small', languages: ['en'] },
    license: new Map([['license', 'apache-2.0']]),
  },
  ...{ version: '1.2.3', type: 'bfloat16', parameters: 1_234_567, step: 500, sourceLayers: 8 },
  tune: v.parse(settingsSchema(TUNE_SETTINGS), { steps: 500, learningRate: 3e-4, seqLen: 128 }),
  copies: [{ layer: 4, source: 3 }],
  ...{ dropped: 1, alpha: 0.5 },
  texts: [{ role: 'domain, trained on', names: ['a|b`c.txt'] }],
  datasets: ['notes.jsonl'],
  losses: {
    before: { domainLoss: 2.5, generalLoss: 3 },
    after: { domainLoss: 2.25, generalLoss: 3.125 },
  },
  measuredOn: { domain: '`notes-eval.jsonl`', general: '`general.txt`' },
  picture: 'importance.svg',
};

describe('a model card', () => {
  it('begins with the metadata of the Hub', () => {
    assert.equal(
      modelCard(FACTS).split('\n# ')[0],
      [
        ...['---', 'license: apache-2.0', 'language:', '- en', 'library_name: transformers'],
        ...['pipeline_tag: text-generation', 'base_model: org/small', 'base_model_relation: finetune'],
        ...['datasets:', '- notes.jsonl', 'tags:', '- adept', '- continual-pretraining', '---', ''],
      ].join('\n'),
    );
  });

  it('says what was done, with what, and what the files compute', () => {
    const card = modelCard(FACTS);
    for (const part of [
      '# org/small, continued with ADEPT',
      'This is [org/small](https://huggingface.co/org/small)',
      '2 of its 8 layers were copied',
      '1 of the copies is left out here. What the copies add is scaled by α = 0.5.',
      '1,234,567 parameters, in bfloat16.',
      '| domain | `notes-eval.jsonl` | 2.50000 | 2.25000 | −0.25000 |',
      '| general | `general.txt` | 3.00000 | 3.12500 | +0.12500 |',
      '| 4 | 3 |',
      '![Importance of every layer and unit of the source model](importance.svg)',
      '500 steps: 256,000 tokens at most',
      '| `learningRate` | `0.0003` |',
      '| domain, trained on | ``a\\|b`c.txt`` |',
      'dtype="auto"',
      'ADEPT for VS Code 1.2.3',
    ]) {
      assert.ok(card.includes(part), `${part}\nis not in\n${card}`);
    }
    assert.doesNotMatch(card, /`(saveEvery|keepStates|weightDecay)`/);
    const unmeasured = modelCard({
      ...FACTS,
      losses: { ...FACTS.losses, after: undefined },
      copies: undefined,
    });
    assert.match(unmeasured, /The exported files were not measured/);
    assert.match(unmeasured, /all of whose parameters were trained/);
    assert.match(unmeasured, /\| 2\.50000 \| – \| – \|/);
  });

  it('cites the paper as the README does', () => {
    const bibtex = (text: string): string | undefined => /```bibtex\n[\s\S]*?```/.exec(text)?.[0];
    const expected = bibtex(readFileSync(join(projectRoot, 'README.md'), 'utf8'));
    assert.ok(expected !== undefined);
    assert.equal(bibtex(modelCard(FACTS)), expected);
  });
});

describe('metadata of a README', () => {
  it('is YAML whatever is in it', () => {
    const fields = new Map<string, string | readonly string[]>([
      ['plain', 'org/name-1.0'],
      ['colon', 'a: b # "c" \\ d'],
      ['list', ['no', "it's", '- x', '\u2028\u0085', 'é']],
      ['none', []],
    ]);
    assert.equal(
      writeFrontMatter(fields),
      [
        ...['---', 'plain: org/name-1.0', 'colon: "a: b # \\"c\\" \\\\ d"', 'list:', '- "no"', `- "it's"`],
        ...['- "- x"', '- "\\u2028\\u0085"', '- "é"', '---', ''],
      ].join('\n'),
    );
  });

  it('is read as people write it', () => {
    const text = [
      ...[
        '---',
        '# a comment',
        'license: other # said',
        "license_name: 'Some License'",
        'language: [en, "no"]',
      ],
      ...['base_model:', '  - org/base', '- org/other', 'model-index:', '- name: x', '  results: []'],
      ...['widget:', '  text: y', '---', 'license: mit'],
    ];
    for (const end of ['\n', '\r\n']) {
      const fields = readFrontMatter(text.join(end));
      assert.deepEqual(fields.get('license'), ['other']);
      assert.deepEqual(fields.get('license_name'), ['Some License']);
      assert.deepEqual(fields.get('language'), ['en', 'no']);
      assert.deepEqual(fields.get('base_model'), ['org/base', 'org/other']);
    }
    assert.deepEqual(readFrontMatter('# No metadata\n---\nlicense: mit\n---\n'), new Map());
  });
});

describe('the source of a model card', () => {
  it('is known by its folder in the cache of the Hub', (t) => {
    const path = 'models--org--small-1/snapshots/0123abcd';
    const found = readSourceCard([sourceFolder(t, path, { origin: 'other/parent' })]);
    assert.deepEqual([found.name, found.onHub, found.baseModel], ['org/small-1', true, 'org/small-1']);
    assert.equal(hubNameOf('C:\\cache\\datasets--a--b\\snapshots\\x\\train.parquet', 'datasets'), 'a/b');
    assert.equal(hubNameOf('/data/datasets--a--b/train.parquet', 'datasets'), undefined);
  });

  it('is otherwise its folder, with the nearest model that is known', (t) => {
    const own = readSourceCard([sourceFolder(t, 'Small', { origin: 'org/small' })]);
    assert.deepEqual([own.name, own.onHub, own.baseModel], ['org/small', true, 'org/small']);
    const tuned = readSourceCard([sourceFolder(t, 'mine', { origin: 'org/small' })]);
    assert.deepEqual([tuned.name, tuned.onHub, tuned.baseModel], ['mine', false, 'org/small']);
    const readme = '---\nbase_model: org/parent\n---\n';
    for (const origin of ['/home/someone/model', './out/x', 'runs/checkpoint-500', 'C:\\models\\x', '']) {
      const found = readSourceCard([sourceFolder(t, 'mine', { origin, readme })]);
      assert.deepEqual([found.name, found.baseModel], ['mine', 'org/parent'], origin);
      assert.equal(readSourceCard([sourceFolder(t, 'mine', { origin })]).baseModel, 'mine', origin);
    }
  });

  it('gives its licence and languages, where they are some', (t) => {
    const readme = [
      ...['---', 'license: other', 'license_name: small-license', 'license_link: LICENSE', 'language:'],
      ...['- en', '- zh-Hans', '- Klingon!', '---'],
    ].join('\n');
    const gone = join(temporaryFolder(t), 'gone');
    const { license, languages, name } = readSourceCard([gone, sourceFolder(t, 'copy', { readme })]);
    assert.equal(name, 'gone');
    assert.deepEqual(
      [...license],
      [
        ['license', 'other'],
        ['license_name', 'small-license'],
        ['license_link', 'LICENSE'],
      ],
    );
    assert.deepEqual(languages, ['en', 'zh-Hans']);
    const link = `---\nlicense_link: ${homedir()}/LICENSE\n---\n`;
    assert.deepEqual([...readSourceCard([sourceFolder(t, 'copy', { readme: link })]).license], []);
  });
});

describe('the picture of importance', () => {
  it('has a cell for each layer and unit, darker where it is more important, and marks what was copied', () => {
    const table = importanceTable(importanceFile([0.5, 0.1, 0.3]), 'importance.json');
    const svg = importancePicture(table, new Set([1]));
    const rows = svg.split('\n').filter((line) => line.startsWith('<rect x='));
    assert.equal(rows.length, 3 * table.columns.length);
    const fills = [0, 1, 2].map(
      (layer) => /fill="([^"]+)"/.exec(rows[layer * table.columns.length] ?? '')?.[1],
    );
    assert.deepEqual(fills, ['rgb(8,48,107)', 'rgb(247,251,255)', 'rgb(128,150,181)']);
    assert.equal(svg.match(/>copied</g)?.length, 1);
    assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="\d+"/);
    assert.doesNotMatch(svg, /general\.txt|models\/small/);
  });
});
