import assert from 'node:assert/strict';
import { ENGLISH } from '../../../src/shared/common/localizer';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readHeatmapFile } from '../../../src/node/model/analysisFile';
import { corpusProblem, freeName, nameProblem } from '../../../src/node/job/launchFolders';
import { readModelConfig } from '../../../src/node/model/modelConfig';
import type { ImportanceFile } from '../../../src/shared/method/importance';
import { planPrice, pricedModel } from '../../../src/shared/launch/planPrice';
import { parameterCount, parametersPerLayer } from '../../../src/shared/model/architecture';
import { expectInputError } from '../../support/expectInputError';
import { importanceFile } from '../../support/importanceFile';
import { configOfShape, writeShapedModel } from '../../support/shapedModel';
import { projectRoot } from '../../support/projectRoot';
import { temporaryFolder } from '../../support/temporaryFolder';

const SAMPLE_LAYERS = 8;

/** An importance.json about a copy of the sample model's config.json. */
function analyzed(t: TestContext, change: (file: ImportanceFile) => unknown = (file) => file): string {
  const folder = temporaryFolder(t);
  cpSync(join(projectRoot, 'media/sample/model/config.json'), join(folder, 'config.json'));
  const importance = importanceFile(Array.from({ length: SAMPLE_LAYERS }, (_, layer) => layer));
  const file = join(folder, 'importance.json');
  const parameters = parameterCount(readModelConfig(folder));
  writeFileSync(
    file,
    JSON.stringify(change({ ...importance, model: { ...importance.model, path: folder, parameters } })),
  );
  return file;
}

describe('an importance.json for the heatmap', () => {
  it('comes with the config.json of its model, which is priced', (t) => {
    const { importance, model } = readHeatmapFile(analyzed(t));
    const priced = pricedModel(model, importance);
    assert.ok(priced.known, JSON.stringify(priced));
    const settings = { batchSize: 2, seqLen: 64 };
    const [none, two] = [[], [3, 5]].map((layers) => planPrice(priced, importance, layers, { settings }));
    assert.ok(none?.known === true && two?.known === true);
    const added = 2 * parametersPerLayer(priced.config);
    assert.equal(none.estimate.parametersAdded, 0);
    assert.equal(two.estimate.parametersAdded, added);
    assert.equal(two.estimate.trainableShare, added / (parameterCount(priced.config) + added));
    assert.ok((two.estimate.memoryBytes ?? NaN) > (none.estimate.memoryBytes ?? NaN));
    assert.ok(two.estimate.inferenceFactor > none.estimate.inferenceFactor);
  });

  it('is priced by the batch and the sequence length of the form', (t) => {
    const { importance, model } = readHeatmapFile(analyzed(t));
    const priced = pricedModel(model, importance);
    const memory = (settings: Record<string, number>): number => {
      const price = planPrice(priced, importance, [3], { settings });
      return price.known ? (price.estimate.memoryBytes ?? NaN) : NaN;
    };
    assert.ok(memory({ batchSize: 8, seqLen: 128 }) > memory({ batchSize: 1, seqLen: 128 }));
    assert.ok(memory({ batchSize: 8, seqLen: 128 }) > memory({ batchSize: 8, seqLen: 16 }));
  });

  it('is priced by how the files of the model are stored, as the analysis then kept its matrices', (t) => {
    const memory = (dtype: 'F32' | 'BF16'): number => {
      const folder = temporaryFolder(t);
      const shape = { vocab: 64, hidden: 64, mlp: 160, layers: 8, heads: 2, keyValueHeads: 2, tied: true };
      writeShapedModel(folder, { ...shape, dtype });
      const importance = importanceFile(Array.from({ length: 8 }, (_, layer) => layer));
      const model = { ...importance.model, path: folder, parameters: parameterCount(configOfShape(shape)) };
      const engine = { engine: 'native', kernels: 'fused', frozenWeights: 'bfloat16 (it costs no time)' };
      writeFileSync(join(folder, 'importance.json'), JSON.stringify({ ...importance, model, engine }));
      const read = readHeatmapFile(join(folder, 'importance.json'));
      const price = planPrice(pricedModel(read.model, read.importance), read.importance, [3], {
        settings: {},
      });
      return price.known ? (price.estimate.memoryBytes ?? NaN) : NaN;
    };
    const matrices = 8 * (4 * 64 * 64 + 3 * 64 * 160);
    // Two bytes less of each, as far as nothing is upcast at the peak.
    const saved = memory('F32') - memory('BF16');
    assert.ok(saved > 1.5 * matrices && saved < 2.3 * matrices, `${saved / matrices} bytes a value`);
  });

  it('is shown without a price when the model is gone, has no usable config.json or is another', (t) => {
    const problemOf = (file: string): string => {
      const { importance, model } = readHeatmapFile(file);
      const priced = pricedModel(model, importance);
      return priced.known ? 'none' : priced.problem;
    };
    const gone = analyzed(t, (file) => ({ ...file, model: { ...file.model, path: '/nowhere/model' } }));
    assert.match(problemOf(gone), /\/nowhere\/model\/config\.json is not there: /);
    const broken = analyzed(t);
    writeFileSync(join(broken, '../config.json'), '{"model_type": "gpt2", "vocab_size": 8}');
    assert.match(problemOf(broken), /config\.json: "hidden_size" is missing: /);
    const unpriced = analyzed(t);
    const sizes = { vocab_size: 8, hidden_size: 8, num_hidden_layers: 8 };
    writeFileSync(join(unpriced, '../config.json'), JSON.stringify({ model_type: 'qwen3_moe', ...sizes }));
    assert.match(
      problemOf(unpriced),
      /config\.json: "model_type" is "qwen3_moe": .* or choose the engine torch\.$/,
    );
    const other = analyzed(t, (file) => ({
      ...file,
      model: { ...file.model, layers: 7 },
      layers: file.layers.slice(0, 7),
      units: file.units.filter(({ layer }) => layer < 7),
    }));
    assert.match(
      problemOf(other),
      /a llama model of 8 layers and \d+ parameters, not the analyzed llama model of 7 layers and \d+ parameters: /,
    );
    const larger = analyzed(t, (file) => ({ ...file, model: { ...file.model, parameters: 1e9 } }));
    assert.match(problemOf(larger), /not the analyzed llama model of 8 layers and 1000000000 parameters: /);
  });

  it('is refused in a sentence that names file and field when it is broken', (t) => {
    const file = analyzed(t, (content) => ({ ...content, baseLoss: 'high' }));
    expectInputError(() => readHeatmapFile(file), file, 'baseLoss');
    writeFileSync(file, '{"format": ');
    expectInputError(() => readHeatmapFile(file), file);
    expectInputError(() => readHeatmapFile(join(file, '../other.json')), 'other.json');
    const twice = analyzed(t, (content) => ({ ...content, units: [...content.units, ...content.units] }));
    expectInputError(() => readHeatmapFile(twice), twice, 'a second time');
  });
});

describe('the folders of a launch', () => {
  it('has a name that neither a file nor a run has', (t) => {
    const folders = { folder: temporaryFolder(t), runs: 'runs' };
    assert.equal(freeName(folders, 'tune'), 'tune-1');
    writeFileSync(join(folders.folder, 'tune-1.adept.json'), '{}');
    mkdirSync(join(folders.folder, 'runs/tune-2'), { recursive: true });
    assert.equal(freeName(folders, 'tune'), 'tune-3');
  });

  it('takes no name whose run folder holds something', (t) => {
    const folders = { folder: temporaryFolder(t), runs: 'runs' };
    mkdirSync(join(folders.folder, 'runs/a'), { recursive: true });
    assert.equal(nameProblem(folders, 'a', ENGLISH), null);
    assert.equal(nameProblem(folders, 'b', ENGLISH), null);
    assert.equal(nameProblem(folders, '', ENGLISH), null);
    writeFileSync(join(folders.folder, 'runs/a/run.json'), '{}');
    writeFileSync(join(folders.folder, 'runs/c'), '');
    const taken = (name: string): string =>
      `${join(folders.folder, 'runs', name)} exists already: choose another name.`;
    assert.equal(nameProblem(folders, 'a', ENGLISH), taken('a'));
    assert.equal(nameProblem({ ...folders, runs: join(folders.folder, 'runs') }, 'a', ENGLISH), taken('a'));
    assert.equal(nameProblem(folders, 'c', ENGLISH), taken('c'));
  });

  it('knows which texts can be read', (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'a.txt'), 'a');
    writeFileSync(join(folder, 'b.pdf'), 'b');
    assert.equal(corpusProblem(folder, 'a.txt'), null);
    assert.equal(corpusProblem(folder, join(folder, 'a.txt')), null);
    assert.equal(corpusProblem(folder, '*.txt'), null);
    assert.match(corpusProblem(folder, 'c.txt') ?? '', /c\.txt: there is no such file/);
    assert.match(corpusProblem(folder, 'b.pdf') ?? '', /b\.pdf: a corpus file ends in .*, not "\.pdf"/);
    assert.match(corpusProblem(folder, '*.pdf') ?? '', /not "\.pdf"/);
    assert.match(corpusProblem(folder, '*.csv') ?? '', /no file matches/);
  });
});
