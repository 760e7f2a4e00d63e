import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { newAnalysisFile, SavedAnalyses } from '../../../src/extension/models/savedAnalyses';
import { importanceFolder } from '../../../src/extension/window/importanceFolder';
import { modelName } from '../../../src/shared/model/modelName';
import { findModels, looksLikeModel, readModelSummary } from '../../../src/node/model/modelFolder';
import type { ImportanceFile } from '../../../src/shared/method/importance';
import { parameterCount } from '../../../src/shared/model/architecture';
import { analysisName } from '../../../src/extension/models/modelText';
import { ENGLISH } from '../../../src/shared/common/localizer';
import { readModelConfig } from '../../../src/node/model/modelConfig';
import { expectInputError } from '../../support/expectInputError';
import { projectRoot } from '../../support/projectRoot';
import { temporaryFolder } from '../../support/temporaryFolder';

const SAMPLE = join(projectRoot, 'media/sample/model');

function importance(model: string, layers: readonly number[]): ImportanceFile {
  return {
    format: 'adept.importance/1',
    mode: 'exact',
    model: { path: model, family: 'llama', layers: layers.length, parameters: 10 },
    probe: { sources: ['/general.txt'], sequences: 16, tokens: 4096, seqLen: 256 },
    baseLoss: 2.5,
    layers: layers.map((value, index) => ({ index, importance: value })),
    unitDefinition: 'released',
    units: [],
    timing: { layersSeconds: 1, unitsSeconds: 1 },
    engine: {},
  };
}

describe('a model folder', () => {
  it('is summarised from its configuration and headers', () => {
    const config = readModelConfig(SAMPLE);
    const summary = readModelSummary(SAMPLE);
    assert.equal(summary.family, config.family);
    assert.equal(summary.layers, config.numHiddenLayers);
    assert.equal(summary.parameters, parameterCount(config));
    assert.ok(summary.dtypes.length === 1 && summary.bytes > summary.parameters);
  });

  it('is found by its files, in the folders below', (t) => {
    const folder = temporaryFolder(t);
    cpSync(SAMPLE, join(folder, 'a/model'), { recursive: true });
    mkdirSync(join(folder, 'a/b/c'), { recursive: true });
    writeFileSync(join(folder, 'a/b/config.json'), '{}');
    mkdirSync(join(folder, '.hidden'));
    cpSync(SAMPLE, join(folder, '.hidden/model'), { recursive: true });
    assert.deepEqual(findModels(folder, 3), [join(folder, 'a/model')]);
    assert.deepEqual(findModels(folder, 1), []);
    assert.deepEqual(findModels(join(folder, 'a/model'), 0), [join(folder, 'a/model')]);
    assert.deepEqual(findModels(join(folder, 'nowhere'), 3), []);
    assert.equal(looksLikeModel(join(folder, 'a/b')), false);
  });

  it('that is none is refused with what is missing', (t) => {
    const folder = temporaryFolder(t);
    expectInputError(() => readModelSummary(folder), join(folder, 'config.json'));
    cpSync(join(SAMPLE, 'config.json'), join(folder, 'config.json'));
    expectInputError(() => readModelSummary(folder), folder, 'model.safetensors');
    writeFileSync(join(folder, 'model.safetensors'), 'not weights');
    expectInputError(() => readModelSummary(folder), 'not a complete safetensors file');
  });
});

describe('saved analyses', () => {
  it('are listed with what they measured, the latest first', (t) => {
    const folder = importanceFolder(temporaryFolder(t));
    const analyses = new SavedAnalyses();
    assert.deepEqual(analyses.list([folder]), []);
    mkdirSync(folder, { recursive: true });
    const save = (name: string, content: unknown, seconds: number): void => {
      writeFileSync(join(folder, name), JSON.stringify(content));
      utimesSync(join(folder, name), seconds, seconds);
    };
    save('old.json', importance('/m/one', [0.5, 0.25, 0.75]), 1000);
    save('new.json', importance('/m/two', []), 2000);
    save('broken.json', { format: 'adept.importance/1' }, 1500);
    save('.new.json.1.tmp', {}, 3000);
    const found = analyses.list([folder]);
    assert.deepEqual(
      found.map(({ file }) => basename(file)),
      ['new.json', 'broken.json', 'old.json'],
    );
    const summary = {
      ...{ model: '/m/one', mode: 'exact' as const, sequences: 16, texts: [['general.txt']] },
      ...{ baseLoss: 2.5, leastImportant: 1 },
    };
    assert.deepEqual(found[2]?.summary, summary);
    assert.equal(analysisName(summary, ENGLISH), 'general.txt, 16 sequences');
    const both = { texts: [['c4.jsonl', 'wiki.jsonl'], ['law.jsonl']], sequences: 1 };
    assert.equal(analysisName({ ...summary, ...both }, ENGLISH), 'c4.jsonl, … + law.jsonl, 1 sequence');
    assert.equal(found[0]?.summary?.leastImportant, undefined);
    assert.match(found[1]?.problem ?? '', /broken\.json: "mode" is missing/);

    save('broken.json', importance('/m/one', [1]), 1600);
    rmSync(join(folder, 'new.json'));
    assert.deepEqual(
      analyses.list([folder]).map(({ summary }) => summary?.model),
      ['/m/one', '/m/one'],
    );
  });

  it('get a name that says of what and when', () => {
    const now = new Date('2026-01-02T03:04:05.678Z');
    assert.equal(
      newAnalysisFile('/w', '/models/SmolLM2-135M', now),
      join('/w', 'SmolLM2-135M-20260102-030405.json'),
    );
    assert.equal(modelName('/media/sample/model'), 'sample-model');
  });
});
