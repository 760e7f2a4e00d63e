import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Argument } from '../support/command';
import { checkFault, type Fault } from './refused';
import { copyOf, editJson, makeTunedWorld, write, type TunedWorld } from './world';

const folder = mkdtempSync(join(tmpdir(), 'adept-faults-'));
let world: TunedWorld;
before(async () => {
  world = await makeTunedWorld(folder);
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

const WASM = ['--engine', 'wasm'];
const expand = (own: string, ...more: Argument[]): Argument[] => [
  ...['expand', '--model', world.model, '--out', join(own, 'out'), ...WASM, ...more],
];
const analyze = (_own: string, ...more: Argument[]): Argument[] => [
  ...['analyze', '--model', world.model, '--probe', world.probe, ...WASM, ...more],
];
/** A later option wins over an earlier one of the same name. */
const tune = (own: string, ...more: Argument[]): Argument[] => [
  ...['tune', '--model', world.expanded, '--domain', world.domain, '--probe', world.probe],
  ...['--out', join(own, 'out'), '--steps', 4, '--lr', 1e-3, ...WASM, ...more],
];
const eval_ = (_own: string, ...more: Argument[]): Argument[] => [
  ...['eval', '--model', world.model, '--data', world.probe, ...WASM, ...more],
];
const exported = (own: string, ...more: Argument[]): Argument[] => [
  ...['export', '--run', world.run, '--out', join(own, 'out'), ...more],
];
const full = (own: string): string => {
  write(join(own, 'full', 'notes.txt'), 'mine');
  return join(own, 'full');
};

const USAGE: readonly Fault[] = [
  { title: 'no command', args: () => [], says: ['--help'] },
  { title: 'an unknown command', args: () => ['tune-it'], says: ['tune-it', '--help'] },
  {
    title: 'an unknown option',
    args: (own) => tune(own, '--learning-rate', 1),
    says: ['--learning-rate', 'adept tune --help'],
  },
  { title: 'an option without its value', args: (own) => expand(own, '--layers'), says: ['--layers'] },
  {
    title: 'an unknown engine',
    args: (own) => eval_(own, '--engine', 'cuda'),
    says: ['--engine', 'cuda', 'native'],
  },
  {
    title: 'an unknown schedule',
    args: (own) => tune(own, '--schedule', 'step'),
    says: ['--schedule', 'step', 'cosine'],
  },
  { title: 'a number that is none', args: (own) => tune(own, '--lr', 'fast'), says: ['--lr', 'fast'] },
  { title: 'a number without end', args: (own) => tune(own, '--lr', '1e999'), says: ['--lr', '1e999'] },
  { title: 'a number out of range', args: (own) => tune(own, '--lr', '-1'), says: ['--lr', '-1'] },
  { title: 'half a step', args: (own) => tune(own, '--steps', 2.5), says: ['--steps', '2.5'] },
  { title: 'no step', args: (own) => tune(own, '--steps', 0), says: ['--steps', '0'] },
  { title: 'sequences of one token', args: (own) => tune(own, '--seq-len', 1), says: ['--seq-len', '1'] },
  { title: 'batches of none', args: (own) => eval_(own, '--batch-size', 0), says: ['--batch-size', '0'] },
  {
    title: 'no steps given',
    args: (own) => tune(own).filter((arg) => arg !== '--steps' && arg !== 4),
    says: ['--steps', 'required'],
  },
  {
    title: 'no model given',
    args: (own) => ['analyze', '--probe', world.probe, '--out', join(own, 'i.json')],
    says: ['--model', 'required'],
  },
  {
    title: 'no probe given',
    args: (own) => ['analyze', '--model', world.model, '--out', join(own, 'i.json')],
    says: ['--probe', 'required'],
  },
  { title: 'no output given', args: () => ['export', '--run', world.run], says: ['--out', 'required'] },
  { title: 'no run folder given', args: () => ['status'], says: ['RUNDIR'] },
  { title: 'two run folders', args: () => ['status', world.run, world.run], says: ['status'] },
  { title: 'no configuration given', args: () => ['run'], says: ['--config', 'required'] },
  {
    title: '--config together with --model',
    args: (own) => ['tune', '--config', 'x.adept.json', ...tune(own).slice(1)],
    says: ['--model', '--config'],
  },
  { title: '--cpu together with --gpu', args: () => ['setup', '--cpu', '--gpu'], says: ['--cpu', '--gpu'] },
];

const CHOICES: readonly Fault[] = [
  {
    title: 'beyond the last',
    args: (own) => expand(own, '--layers', '0,2'),
    says: ['--layers', 'layer 2', '0 to 1'],
  },
  { title: 'twice', args: (own) => expand(own, '--layers', '1,0,1'), says: ['--layers', 'layer 1', 'twice'] },
  { title: 'not by number', args: (own) => expand(own, '--layers', 'last'), says: ['--layers', 'last'] },
  { title: 'below zero', args: (own) => expand(own, '--layers=-1'), says: ['--layers', '-1'] },
  { title: 'not at all', args: (own) => expand(own), says: ['--layers', '--lowest', '--uniform'] },
  {
    title: 'in two ways',
    args: (own) => expand(own, '--layers', 0, '--uniform', 1),
    says: ['--layers', '--uniform'],
  },
  {
    title: 'k of fewer',
    args: (own) => expand(own, '--lowest', 3, '--importance', world.importance),
    says: ['--lowest', '3', '2'],
  },
  { title: 'k of fewer, evenly', args: (own) => expand(own, '--uniform', 3), says: ['--uniform', '3', '2'] },
  { title: 'by no importance', args: (own) => expand(own, '--lowest', 1), says: ['--importance'] },
  {
    title: 'by an importance that is missing',
    args: (own) => expand(own, '--lowest', 1, '--importance', join(own, 'i.json')),
    says: ['i.json'],
  },
  {
    title: "by another model's importance",
    args: (own) => [
      ...expand(own, '--lowest', 1, '--importance', world.importance),
      '--model',
      world.sharded,
    ],
    says: ['importance.json', '"layers"', '2', '4'],
  },
  {
    title: 'by the importance of a model that is as deep, but larger',
    args: (own) => {
      const file = copyOf(world.importance, join(own, 'i.json'));
      editJson(file, ({ model }) => ({ model: { ...(model as object), parameters: 7 } }));
      return expand(own, '--lowest', 1, '--importance', file);
    },
    says: ['i.json', 'of 2 layers and 7 parameters', 'analyze this model'],
  },
  {
    title: 'by an importance that names a layer twice',
    args: (own) => {
      const file = copyOf(world.importance, join(own, 'i.json'));
      editJson(file, () => ({
        layers: [
          { index: 1, importance: 1 },
          { index: 1, importance: 2 },
        ],
      }));
      return expand(own, '--lowest', 1, '--importance', file);
    },
    says: ['i.json', '"layers"', 'layer 0'],
  },
  {
    title: 'by an importance without one',
    args: (own) => {
      const file = copyOf(world.importance, join(own, 'i.json'));
      editJson(file, () => ({ layers: [{ index: 0, importance: null }] }));
      return expand(own, '--lowest', 1, '--importance', file);
    },
    says: ['i.json', '"layers.0.importance"'],
  },
];

const OUTPUTS: readonly Fault[] = [
  {
    title: 'adept expand',
    args: (own) => [...expand(own, '--layers', 0), '--out', full(own)],
    says: ['--out', 'full', 'not empty', 'notes.txt'],
  },
  {
    title: 'adept tune',
    args: (own) => [...tune(own), '--out', full(own)],
    says: ['--out', 'full', 'not empty', 'notes.txt'],
  },
  {
    title: 'adept export',
    args: (own) => [...exported(own), '--out', full(own)],
    says: ['--out', 'full', 'not empty', 'notes.txt'],
  },
  {
    title: 'adept expand, below a file',
    args: (own) => [...expand(own, '--layers', 0), '--out', join(world.text, 'out')],
    says: ['--out', 'text.txt', 'file'],
  },
  {
    title: 'adept tune, onto a file',
    args: (own) => [...tune(own), '--out', world.text],
    says: ['--out', 'text.txt', 'file'],
  },
  {
    title: 'adept export, onto its own run',
    args: (own) => [...exported(own), '--out', world.run],
    says: ['--out', 'run', 'not empty'],
  },
  {
    title: 'adept analyze, onto a folder',
    args: (own) => analyze(own, '--out', world.run),
    says: ['--out', 'run', 'folder'],
  },
  {
    title: 'adept analyze, below a file',
    args: (own) => analyze(own, '--out', join(world.text, 'i.json')),
    says: ['--out', 'text.txt'],
  },
];

const TUNE: readonly Fault[] = [
  {
    title: 'no added layers',
    args: (own) => [...tune(own), '--model', world.model],
    says: ['adept-manifest.json', 'adept expand', '--full'],
  },
  {
    title: 'a broken manifest',
    args: (own) => {
      const model = copyOf(world.expanded, join(own, 'm'));
      write(join(model, 'adept-manifest.json'), '{');
      return [...tune(own), '--model', model];
    },
    says: ['adept-manifest.json', 'JSON'],
  },
  {
    title: 'a manifest of another model',
    args: (own) => {
      const model = copyOf(world.expanded, join(own, 'm'));
      editJson(join(model, 'adept-manifest.json'), () => ({ layers: 9 }));
      return [...tune(own), '--model', model];
    },
    says: ['adept-manifest.json', '"layers"', '9', '3'],
  },
  {
    title: 'a manifest that adds nothing',
    args: (own) => {
      const model = copyOf(world.expanded, join(own, 'm'));
      editJson(join(model, 'adept-manifest.json'), () => ({ added: [] }));
      return [...tune(own), '--model', model];
    },
    says: ['adept-manifest.json', '"added"'],
  },
  {
    title: 'a manifest that adds a layer twice',
    args: (own) => {
      const model = copyOf(world.expanded, join(own, 'm'));
      editJson(join(model, 'adept-manifest.json'), ({ added }) => ({
        added: [...(added as unknown[]), ...(added as unknown[])],
      }));
      return [...tune(own), '--model', model];
    },
    says: ['adept-manifest.json', '"added"', '1'],
  },
  {
    title: 'an importance that is missing',
    args: (own) => tune(own, '--importance', join(own, 'i.json')),
    says: ['i.json'],
  },
  {
    title: 'an importance that is none',
    args: (own) => tune(own, '--importance', world.probe),
    says: ['probe.jsonl'],
  },
];

const EXPORT: readonly Fault[] = [
  {
    title: 'a checkpoint that is missing',
    args: (own) => exported(own, '--checkpoint', 5),
    says: ['step-00000005', '2, 4, 6'],
  },
  {
    title: 'a checkpoint that is no step',
    args: (own) => exported(own, '--checkpoint', 1.5),
    says: ['--checkpoint', '1.5'],
  },
  { title: 'a scale out of range', args: (own) => exported(own, '--alpha', 1.5), says: ['--alpha', '1.5'] },
  {
    title: 'a data type that is none',
    args: (own) => exported(own, '--dtype', 'half'),
    says: ['--dtype', 'half', 'bfloat16'],
  },
  {
    title: 'ranks of an engine that has none',
    args: (own) => exported(own, '--engine', 'wasm', '--ranks', 2),
    says: ['--ranks', 'wasm'],
  },
  {
    title: 'a run that is missing',
    args: (own) => [...exported(own), '--run', join(own, 'none')],
    says: ['none'],
  },
];

const GROUPS: readonly [string, readonly Fault[]][] = [
  ['wrong usage:', USAGE],
  ['layers chosen', CHOICES],
  ['an output that is not free:', OUTPUTS],
  ['tuning with', TUNE],
  ['exporting with', EXPORT],
];

for (const [what, faults] of GROUPS) {
  describe(what, { concurrency: 2 }, () => {
    for (const fault of faults) {
      it(fault.title, (t) => checkFault(t, fault, folder));
    }
  });
}
