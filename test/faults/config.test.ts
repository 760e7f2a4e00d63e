import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { checkFault, type Fault } from './refused';
import { makeWorld, write } from './world';

const folder = mkdtempSync(join(tmpdir(), 'adept-faults-'));
after(() => {
  rmSync(folder, { recursive: true, force: true });
});
const world = makeWorld(folder);

/** A configuration that would run; each test spoils one thing. */
const GOOD = {
  model: world.model,
  probe: [world.probe],
  domain: [world.domain],
  out: 'job',
  engine: 'wasm',
  expand: { layers: [1] },
  tune: { steps: 2, learningRate: 1e-3 },
};

interface BadConfig {
  readonly title: string;
  /** The file as it is, or keys that are other than in a good one. */
  readonly content: string | Readonly<Record<string, unknown>>;
  readonly says: readonly string[];
  /** Files that lie there before. */
  readonly files?: readonly string[];
  /** The fault lies in another file, which is named instead. */
  readonly elsewhere?: true;
}

const CONFIGS: readonly BadConfig[] = [
  { title: 'is not JSON', content: '{\n  // comment\n  "model": "m",\n  "probe": [,\n}', says: ['line 4'] },
  { title: 'is cut short', content: '{\n  "model": "m"', says: ['line 2'] },
  { title: 'is empty', content: '', says: ['line 1'] },
  { title: 'is a list', content: '[]', says: ['"model"'] },
  { title: 'has an unknown key', content: { modle: 'x' }, says: ['"modle"', 'not known'] },
  {
    title: 'has an unknown setting',
    content: { tune: { ...GOOD.tune, lr: 1 } },
    says: ['"tune.lr"', 'not known'],
  },
  { title: 'lacks a key', content: { domain: undefined }, says: ['"domain"', 'missing'] },
  { title: 'lacks a setting', content: { tune: { steps: 5 } }, says: ['"tune.learningRate"', 'missing'] },
  {
    title: 'has a setting of the wrong type',
    content: { tune: { ...GOOD.tune, steps: '5' } },
    says: ['"tune.steps"', '"5"'],
  },
  {
    title: 'has a setting out of range',
    content: { tune: { ...GOOD.tune, batchSize: 0 } },
    says: ['"tune.batchSize"', '0'],
  },
  {
    title: 'has an unknown choice',
    content: { tune: { ...GOOD.tune, schedule: 'step' } },
    says: ['"tune.schedule"', '"step"', 'cosine'],
  },
  { title: 'names an unknown engine', content: { engine: 'cuda' }, says: ['"engine"', '"cuda"', 'native'] },
  {
    title: 'chooses layers in two ways',
    content: { expand: { layers: [1], lowest: 1 } },
    says: ['"expand', 'layers', 'lowest', 'uniform'],
  },
  {
    title: 'chooses layers in no known way',
    content: { expand: { highest: 1 } },
    says: ['"expand', 'layers', 'lowest', 'uniform'],
  },
  {
    title: 'chooses half a layer',
    content: { expand: { layers: [0.5] } },
    says: ['"expand.layers.0"', '0.5'],
  },
  {
    title: 'scales added layers that there will not be',
    content: { tune: { ...GOOD.tune, full: true }, export: { alpha: 0.5 } },
    says: ['"export.alpha"', '"tune.full"', 'leave it out'],
  },
  {
    title: 'would end a fast analysis early',
    content: { expand: { lowest: 1 }, analyze: { mode: 'fast', stableFor: 4 } },
    says: ['"analyze.stableFor"', 'fast', 'leave it out'],
  },
  { title: 'chooses no layer', content: { expand: { lowest: 0 } }, says: ['"expand.lowest"', '0'] },
  {
    title: 'chooses a layer beyond the last',
    content: { expand: { layers: [0, 2] } },
    says: ['"expand.layers"', 'layer 2', '0 to 1'],
  },
  {
    title: 'chooses a layer twice',
    content: { expand: { layers: [1, 1] } },
    says: ['"expand.layers"', 'layer 1', 'twice'],
  },
  {
    title: 'chooses more layers than there are',
    content: { expand: { lowest: 3 } },
    says: ['"expand.lowest"', '3', '2'],
  },
  {
    title: 'chooses more layers than there are, evenly',
    content: { expand: { uniform: 3 } },
    says: ['"expand.uniform"', '3', '2'],
  },
  {
    title: 'names a model that is missing',
    content: { model: 'none' },
    says: ['none', 'config.json'],
    elsewhere: true,
  },
  {
    title: 'names a corpus that is missing',
    content: { domain: ['none.txt'] },
    says: ['"domain"', 'none.txt'],
  },
  { title: 'names a pattern that fits nothing', content: { probe: ['*.csv'] }, says: ['"probe"', '*.csv'] },
  {
    title: 'names a corpus shorter than one sequence',
    content: {
      probe: [world.text],
      analyze: { seqLen: 128, maxSequences: 9 },
      tune: { ...GOOD.tune, seqLen: 16 },
      domain: ['short.txt'],
    },
    files: ['short.txt'],
    says: ['"domain"', 'short.txt', '16', 'seqLen'],
  },
  {
    title: 'names questions that are none',
    content: { choices: { files: [world.text] } },
    says: ['"choices.files"', 'text.txt', '.csv'],
  },
  { title: 'names a scale out of range', content: { export: { alpha: 2 } }, says: ['"export.alpha"', '2'] },
  { title: 'names an output that is not empty', content: { out: '.' }, says: ['"out"', 'not empty'] },
  {
    title: 'names an export that is not empty',
    content: { export: { out: '.' } },
    says: ['"export.out"', 'not empty'],
  },
  {
    title: 'names the run folder for the export',
    content: { export: { out: 'job' } },
    says: ['"export.out"', 'job', '"out"'],
  },
];

function faultOf({ title, content, says, files = [], elsewhere }: BadConfig, command: 'run' | 'tune'): Fault {
  return {
    title: `${title} (adept ${command})`,
    args: (own) => {
      for (const file of files) {
        write(join(own, file), 'a');
      }
      const text = typeof content === 'string' ? content : JSON.stringify({ ...GOOD, ...content });
      return [command, '--config', write(join(own, 'job.adept.json'), text)];
    },
    says: elsewhere ? says : ['job.adept.json', ...says],
  };
}

const missing: Fault = {
  title: 'is missing',
  args: (own) => ['run', '--config', join(own, 'none.adept.json')],
  says: ['--config', 'none.adept.json', 'no such file'],
};

describe('a configuration that is refused, because it', { concurrency: 2 }, () => {
  for (const fault of [missing, ...CONFIGS.map((config) => faultOf(config, 'run'))]) {
    it(fault.title, (t) => checkFault(t, fault, folder));
  }
  // What adept tune reads of it.
  for (const config of CONFIGS.slice(0, 9)) {
    const fault = faultOf(config, 'tune');
    it(fault.title, (t) => checkFault(t, fault, folder));
  }
});
