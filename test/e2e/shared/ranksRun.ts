import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, it } from 'node:test';
import { readEvents } from '../../../src/node/run/eventWriter';
import { RunFolder } from '../../../src/node/run/runFolder';
import { type RunStatus, statusOf } from '../../../src/node/run/runStatus';
import type { RunConfig } from '../../../src/shared/config/runConfig';
import { adeptResult } from '../../support/command';
import { LOADED_PYTHON, RANKS_ENV } from '../../support/loadedPython';
import { TORCH_ENV } from '../../support/torchPython';
import type { Editor } from '../support/editor';
import { FirstSteps, plot, shownStep } from '../support/firstSteps';
import { mouseOf } from '../support/hands';

/** More than a test waits for: how quick steps and window are beside each other depends on what else the machine does. */
const STEPS = 100_000;
/** A checkpoint with an evaluation. */
const SAVED = 20;
const SEQ_LEN = 32;
const RANKS = 2;

const CONFIG = {
  model: 'model',
  out: 'ranks-run',
  probe: ['general.txt'],
  domain: ['domain.jsonl'],
  eval: { domain: ['domain-eval.jsonl'], general: ['general-eval.txt'] },
  analyze: { mode: 'fast', seqLen: SEQ_LEN, maxSequences: 4 },
  expand: { lowest: 1 },
  tune: {
    ...{
      steps: STEPS,
      learningRate: 0.001,
      batchSize: 2,
      seqLen: SEQ_LEN,
      saveEvery: SAVED,
      updateEvery: 30,
    },
    ...{ evalEvery: SAVED, maxProbeSequences: 4, maxEvalSequences: 8 },
  },
};

/**
 * Leaves what `adept setup --torch` would, with forks of a Python that has loaded PyTorch: torch/launch starts ranks as people do.
 * @returns the environment of a window that finds it
 */
export function torchSetUp(home: string): Record<string, string> {
  mkdirSync(join(home, 'torch'), { recursive: true });
  const found = {
    ...{ python: '3', versions: { torch: 'of the tests' }, device: 'CPU', gpus: 0, cuda: null },
    ...{ metal: false, bfloat16: false },
  };
  const file = { format: 'adept.torch/2', python: LOADED_PYTHON, found };
  writeFileSync(join(home, 'torch', 'torch.json'), JSON.stringify(file));
  return { ...TORCH_ENV, ...RANKS_ENV, ADEPT_HOME: home };
}

/** The tests of a run that a window of {@link torchSetUp} starts, in a workspace that is the sample. */
export function aRunOnRanks(windowOf: () => Editor): void {
  let editor: Editor;
  let steps: FirstSteps;
  let run = '';

  before(() => {
    editor = windowOf();
    writeFileSync(join(editor.workspace, 'ranks.adept.json'), `${JSON.stringify(CONFIG, null, 2)}\n`);
    steps = new FirstSteps(editor, mouseOf(editor));
    run = join(editor.workspace, CONFIG.out);
  });

  const status = (): RunStatus => statusOf(RunFolder.at(run));

  it('is of an engine that the picker describes', async () => {
    await editor.runCommand('View: Close All Editors');
    await editor.runCommand('ADEPT: Choose Engine');
    await editor.evidently('PyTorch as it is set up here', () =>
      editor.page.getByText('PyTorch of the tests on the processor', { exact: true }).waitFor(),
    );
    await editor.picture('engine-picker');
    await editor.page.keyboard.press('Escape');
  });

  it('is started from its configuration, into which the answers are written', async () => {
    await editor.openFile('ranks.adept.json');
    await editor.runCommand('ADEPT: Start on Several GPUs…');
    await editor.evidently('that ranks share the processor', () =>
      editor.page.getByText(/No GPU was found: they share the \d+ threads/).waitFor(),
    );
    await editor.picture('torch-ranks-question');
    await editor.enter(String(RANKS));
    await editor.evidently('what is computed in', () => editor.quickPickRow('float32').click());
    await editor.webview('run');
    const written = readFileSync(join(editor.workspace, 'ranks.adept.json'), 'utf8');
    const { engine, ranks, dtype } = JSON.parse(written) as RunConfig;
    assert.deepEqual([engine, ranks, dtype], ['torch', RANKS, 'float32']);
  });

  it('says which ranks compute, pauses, and saves a checkpoint when it is asked to', async () => {
    const frame = await editor.webview('run');
    await steps.until('the first steps', async () => (await shownStep(frame)) > 0);
    const step = await steps.pause(run);
    assert.match(await frame.locator('.title p').innerText(), /torch engine on CPU, 2 ranks/);
    await editor.runCommand('ADEPT: Checkpoint Now');
    await steps.until('a checkpoint where it stands', () => status().checkpoints.includes(step));
    await editor.picture('torch-ranks-run');
  });

  it('is there again after a reload, and its curves go on', async () => {
    const before = status();
    await editor.reload();
    const frame = await editor.webview('run');
    await editor.evidently('the paused run', () => frame.locator('.state-paused').waitFor());
    assert.equal(await shownStep(frame), before.step);
    const curve = await plot(frame);
    await frame.locator('vscode-button[data-command=resume]:not([aria-disabled])').click();
    await steps.until('the steps since', async () => (await shownStep(frame)) > before.step);
    await steps.until('the curve of these, too', async () => (await plot(frame)) !== curve);
    assert.equal(status().pid, before.pid);
  });

  it('stops, with every step once, on these ranks from the analysis on', async () => {
    await steps.until('an evaluation', () => status().step > SAVED && status().checkpoints.includes(SAVED));
    await editor.runCommand('ADEPT: Stop');
    await steps.until('the end', () => status().state === 'stopped');
    const events = readEvents(RunFolder.at(run).file('events'));
    const trained = events.flatMap((event) => (event.type === 'step' ? [event] : []));
    assert.deepEqual(
      trained.map(({ step }) => step),
      Array.from({ length: status().step }, (_, index) => index + 1),
    );
    const losses = trained.map(({ loss }) => loss);
    assert.ok(
      losses.every((loss) => loss > 0 && Number.isFinite(loss)),
      losses.join(),
    );
    const engines = events.flatMap((event) =>
      event.type === 'status' && event.engine !== undefined
        ? [[event.status, event.engine.engine, event.engine.ranks] as const]
        : [],
    );
    assert.ok(engines.some(([stage]) => stage === 'analyzing'));
    assert.deepEqual(new Set(engines.map(([, ...engine]) => engine.join())), new Set([`torch,${RANKS}`]));
    const { engine, ranks, dtype } = RunFolder.at(run).readSpec();
    assert.deepEqual([engine, ranks, dtype], ['torch', RANKS, 'float32']);
  });

  it('exports a model of which another engine says the losses that were evaluated', async () => {
    const config = await steps.exportCheckpoint(SAVED, (label) => editor.runCommand(label));
    const layers = (file: string): unknown =>
      (JSON.parse(readFileSync(file, 'utf8')) as { num_hidden_layers: unknown }).num_hidden_layers;
    assert.deepEqual([layers(join(editor.workspace, 'model', 'config.json')), layers(config)], [8, 9]);
    const evaluated = readEvents(RunFolder.at(run).file('events')).flatMap((event) =>
      event.type === 'eval' ? [event] : [],
    );
    const lossesAt = (step: number): { domain: number; general: number } => {
      const found = evaluated.find((one) => one.step === step);
      return { domain: found?.domainLoss ?? NaN, general: found?.generalLoss ?? NaN };
    };
    const { domain, general } = lossesAt(SAVED);
    assert.ok(domain < lossesAt(0).domain, `${domain}, at first ${lossesAt(0).domain}`);
    for (const [file, loss] of [
      ['domain-eval.jsonl', domain],
      ['general-eval.txt', general],
    ] as const) {
      const result = await adeptResult([
        'eval',
        ...['--model', join(config, '..'), '--data', join(editor.workspace, file)],
        ...['--seq-len', SEQ_LEN, '--max-sequences', CONFIG.tune.maxEvalSequences, '--engine', 'wasm'],
      ]);
      assert.ok(typeof result.loss === 'number');
      assert.ok(Math.abs(result.loss / loss - 1) < 1e-4, `${file}: ${result.loss}, in the run ${loss}`);
    }
  });
}
