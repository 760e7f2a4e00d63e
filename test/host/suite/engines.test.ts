import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { Dialogs } from './dialogs';
import { writeRaw } from '../../support/rawSafetensors';
import { FakeSetup } from './fakeSetup';
import { samplePath } from './life';
import { eventually } from './support';

const OWN = '$(cloud-download) An environment of its own';
const UP =
  'PyTorch 2.9.0 is set up (Python 3.12.1, transformers 5.1.0) and computes on: NVIDIA H200. GPUs: 2, CUDA 12.8, in bfloat16.';
const MISSING = 'PyTorch is not set up on this machine: set it up, or choose another engine.';

describe('the engines of this machine', () => {
  const fake = new FakeSetup('fake-engines');
  const home = join(fake.folder, 'home');
  const environment = join(fake.folder, 'venv');
  const inherited = { ...process.env };
  let dialogs: Dialogs;

  const engine = (): unknown => vscode.workspace.getConfiguration().get('adept.engine');
  const forgetTorch = (): void => {
    rmSync(join(home, 'torch'), { recursive: true, force: true });
  };
  const writeConfig = (name: string): string => {
    const file = join(fake.folder, `${name}.adept.json`);
    writeFileSync(
      file,
      `{\n  // Why it is so.\n  "model": "model",\n  "probe": ["a.txt"],\n  "domain": ["b.txt"],\n  "out": "${name}",\n  "dtype": "bfloat16",\n  "tune": { "steps": 1, "learningRate": 1e-3 }\n}\n`,
    );
    return file;
  };

  before(async () => {
    await fake.install();
    mkdirSync(join(environment, 'bin'), { recursive: true });
    writeFileSync(join(environment, 'bin', 'python'), '');
    // The host and what it starts look there.
    process.env.ADEPT_HOME = home;
    process.env.VIRTUAL_ENV = environment;
    process.env.ADEPT_DEVICE = '';
  });

  after(async () => {
    for (const name of ['ADEPT_HOME', 'VIRTUAL_ENV', 'ADEPT_DEVICE']) {
      const value = inherited[name];
      if (value === undefined) {
        Reflect.deleteProperty(process.env, name);
      } else {
        process.env[name] = value;
      }
    }
    const configuration = vscode.workspace.getConfiguration();
    await configuration.update('adept.engine', undefined, vscode.ConfigurationTarget.Global);
    await fake.remove();
  });

  beforeEach(() => {
    dialogs = new Dialogs();
  });

  afterEach(() => {
    dialogs.dispose();
    forgetTorch();
  });

  it('a Python is set up for PyTorch: one that is active, or one of its own, whose size is said before', async () => {
    const { items } = dialogs.choose('$(vm-active) Active virtual environment', OWN);
    await vscode.commands.executeCommand('adept.setUpTorch');
    assert.deepEqual(dialogs.errors, []);
    assert.equal(dialogs.shown.at(-1)?.text, UP);
    const python = join(environment, 'bin', 'python');
    const { args } = fake.started();
    assert.deepEqual(args.slice(0, 5), ['setup', '--torch', '--python', python, '--events']);
    await vscode.commands.executeCommand('adept.setUpTorch');
    assert.deepEqual(fake.started().args.slice(0, 4), ['setup', '--torch', '--own', '--events']);
    assert.match(items[1]?.find(({ label }) => label === OWN)?.detail ?? '', /several GB/);
    // What was set up is offered first, with what it is.
    assert.equal(items[1]?.[0]?.description, process.execPath);
    assert.match(items[1][0].detail ?? '', /^PyTorch 2\.9\.0 on 2 × NVIDIA H200/);
  });

  it('one that cannot be used is refused in the words of the command', async () => {
    await vscode.commands.executeCommand('adept.setUpTorch', { python: '/broken/python' });
    assert.deepEqual(dialogs.errors, ['/broken/python lacks torch 2.8 or newer: choose another Python.']);
  });

  it('the picker says what each is here, and sets up what is chosen and missing', async () => {
    const { items } = dialogs.choose('$(blank) PyTorch', OWN, '$(blank) Automatic');
    await vscode.commands.executeCommand('adept.chooseEngine');
    const described = (round: number): (string | undefined)[] =>
      (items[round] ?? []).map(({ description }) => description);
    const wasm = 'WebAssembly on one thread, for small models';
    assert.deepEqual(described(0), [`now Embedded: ${wasm}`, 'not set up', wasm, 'not set up']);
    assert.equal(engine(), 'torch');
    assert.equal(dialogs.shown.at(-1)?.text, UP);
    await vscode.commands.executeCommand('adept.chooseEngine');
    const torch = 'PyTorch 2.9.0 on 2 × NVIDIA H200';
    assert.deepEqual(described(2), [`now PyTorch: ${torch}`, 'not set up', wasm, torch]);
    assert.equal(engine(), 'auto');
  });

  it('stay as they were where the set-up of what was chosen is left', async () => {
    dialogs.choose('$(blank) PyTorch');
    await vscode.commands.executeCommand('adept.chooseEngine');
    assert.equal(engine(), 'auto');
    assert.deepEqual(dialogs.shown, []);
  });

  it('one that a run needs and that is missing is offered', async () => {
    const config = writeConfig('missing');
    writeFileSync(config, readFileSync(config, 'utf8').replace('"dtype": "bfloat16"', '"engine": "torch"'));
    dialogs.press = 'Set Up PyTorch';
    dialogs.choose(OWN);
    await vscode.commands.executeCommand('adept.startTuning', vscode.Uri.file(config));
    assert.deepEqual(dialogs.shown[0]?.text, MISSING);
    assert.deepEqual(dialogs.shown[0].offers, ['Set Up PyTorch', 'Choose Engine', 'Show Log']);
    await eventually('PyTorch to be set up', () => dialogs.shown.find(({ text }) => text === UP));
    writeFileSync(config, readFileSync(config, 'utf8').replace('"engine": "torch"', '"engine": "native"'));
    dialogs.press = 'Set Up Native Engine';
    await vscode.commands.executeCommand('adept.startTuning', vscode.Uri.file(config));
    const missing = dialogs.shown.find(({ text }) => text.startsWith('The native engine is not set up'));
    assert.deepEqual(missing?.offers, ['Set Up Native Engine', 'Choose Engine', 'Show Log']);
    await eventually('its set-up', () =>
      dialogs.shown.find(({ text }) => text.startsWith('The native engine is set up (libtensorflow 2.21.0)')),
    );
  });

  it('one that the command has set up is found', async () => {
    const native = join(home, 'native');
    mkdirSync(join(native, 'here'), { recursive: true });
    writeFileSync(join(native, 'here', 'tfjs_binding.node'), '');
    const { platform, arch } = process;
    const install = {
      ...{ format: 'adept.native/1', folder: 'here', binding: 'tfjs_binding.node', route: 'wheel' },
      ...{ libtensorflow: '2.20.0', variant: 'cpu', platform, arch, installedAt: '2026-01-02T03:04:05.000Z' },
    };
    writeFileSync(join(native, 'install.json'), JSON.stringify(install));
    try {
      const { items } = dialogs.choose();
      await vscode.commands.executeCommand('adept.chooseEngine');
      assert.equal(items[0]?.[0]?.description, 'now Native: libtensorflow 2.20.0 on the processor');
    } finally {
      rmSync(native, { recursive: true });
    }
  });

  it('that of one thread is warned of for a large model, with how much slower it is', async () => {
    const model = join(fake.folder, 'large');
    mkdirSync(model);
    const sample = readFileSync(samplePath('model', 'config.json'), 'utf8');
    writeFileSync(join(model, 'config.json'), sample.replace(/"vocab_size": \d+/, '"vocab_size": 1000000'));
    writeRaw(join(model, 'model.safetensors'), { 'model.norm.weight': [1] });
    const config = writeConfig('slow');
    writeFileSync(config, readFileSync(config, 'utf8').replace('"model": "model"', '"model": "large"'));
    await vscode.commands.executeCommand('adept.startTuning', vscode.Uri.file(config));
    const warning = dialogs.shown.find(({ kind }) => kind === 'showWarningMessage');
    assert.match(warning?.text ?? '', /computes on one thread, about 12 times as slowly as the native one/);
    assert.deepEqual(warning?.offers, ['Set Up Native Engine', 'Choose Engine']);
  });

  it('several GPUs: ranks and what is computed in are asked, written beside the comments, and started', async () => {
    await vscode.commands.executeCommand('adept.startOnGpus', vscode.Uri.file(writeConfig('none')));
    assert.deepEqual(dialogs.errors, [MISSING]);
    await vscode.commands.executeCommand('adept.setUpTorch', { own: true });
    const config = writeConfig('several');
    const { problems } = dialogs.answerInput('2');
    const { items } = dialogs.choose('Automatic');
    await vscode.commands.executeCommand('adept.startOnGpus', vscode.Uri.file(config));
    assert.deepEqual(problems, [undefined]);
    assert.equal(items[0]?.[0]?.description, 'bfloat16 here');
    const text = readFileSync(config, 'utf8');
    assert.match(text, /\/\/ Why it is so\./);
    assert.match(text, /"engine": "torch",\n {2}"ranks": 2/);
    assert.doesNotMatch(text, /dtype/);
    // Others were started before it.
    await eventually('its start', () => (fake.started().args.includes(config) ? true : undefined));
    assert.deepEqual(fake.started().args, ['run', '--config', config, '--engine', 'auto']);
    dialogs.dispose();
    dialogs = new Dialogs();
    const tooMany = dialogs.answerInput('3');
    dialogs.choose();
    await vscode.commands.executeCommand('adept.startOnGpus', vscode.Uri.file(config));
    assert.deepEqual(tooMany.problems, ['There are 2 GPUs: give as many at most.']);
    assert.equal(readFileSync(config, 'utf8'), text);
  });
});
