import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { isLive } from '../../../src/extension/runs/runEntry';
import type { Services } from '../../../src/extension/services/services';
import {
  ActionResult,
  CheckpointComparisonResult,
  ImportanceResult,
  ProposalResult,
  RunComparisonResult,
  RunDetailResult,
  RunListResult,
  SettingResult,
} from '../../../src/shared/assistants/toolResults';
import { ASSISTANT_TOOLS, type AssistantToolName } from '../../../src/shared/contributions/assistantTools';
import { parseLaunchText } from '../../../src/shared/launch/launchConfig';
import { FakeRun } from '../../support/fakeRun';
import { Dialogs } from './dialogs';
import { runThat, samplePath, services, writeConfig } from './life';
import { eventually, extension, workspaceFolder } from './support';

/** A call is cancelled by way of VS Code's window. */
const CANCELLED_MILLISECONDS = 1000;
/** More than a test waits for. */
const MANY_STEPS = 100_000;

const called = new Set<string>();

/** What VS Code gives to whoever calls a tool, by its schema and nothing else. */
async function invoke<const S extends v.GenericSchema>(
  name: AssistantToolName,
  input: object,
  schema: S,
  token?: vscode.CancellationToken,
): Promise<v.InferOutput<S>> {
  called.add(name);
  const { content } = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined }, token);
  const [part, ...others] = content;
  assert.ok(part instanceof vscode.LanguageModelTextPart);
  assert.deepEqual(others, []);
  return v.parse(schema, JSON.parse(part.value));
}

/** Why a call came to nothing, as the language model is told. */
async function refusal(name: AssistantToolName, input: object): Promise<string> {
  const call = invoke(name, input, v.unknown());
  return call.then(
    () => assert.fail(`${name} was not refused`),
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

describe('the tools of the editor’s assistants', () => {
  const runs = join(workspaceFolder(), '.adept', 'runs');
  let all: Services;
  let dialogs: Dialogs;

  before(async () => {
    all = await services();
  });

  beforeEach(() => {
    dialogs = new Dialogs();
  });

  afterEach(async () => {
    dialogs.dispose();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  /** A run that was evaluated and stopped. */
  function fakeRun(name: string, settings: object): FakeRun {
    const run = new FakeRun(join(runs, name)).tuned(100, settings);
    run.status('started').evaluation(0, 3, 2).step(50, 2.5).evaluation(50, 2.25, 2.125);
    return run.status('stopped');
  }

  it('are known to VS Code as package.json has them, where ADEPT is used', async () => {
    await extension().activate();
    const tools = await eventually('the tools', () => {
      const found = vscode.lm.tools.filter(({ name }) => name.startsWith('adept_'));
      return found.some(({ name }) => name === 'adept_start_run') ? found : undefined;
    });
    const names = tools.map(({ name }) => name);
    for (const [name, { when }] of Object.entries(ASSISTANT_TOOLS)) {
      assert.ok(names.includes(name) || !when.startsWith('adept.activated'), name);
    }
    for (const { name, description, inputSchema } of tools) {
      assert.ok(name in ASSISTANT_TOOLS, name);
      assert.ok(description.length > 100 && inputSchema !== undefined, name);
    }
  });

  it('tell of an analysis, and propose a configuration that can be run, which they do not write', async () => {
    const out = join(workspaceFolder(), '.adept', 'importance', 'for-assistants.json');
    await vscode.commands.executeCommand('adept.analyze', {
      ...{ mode: 'fast', seqLen: 32, maxSequences: 4, engine: 'wasm' },
      ...{ model: samplePath('model'), probe: [samplePath('general.txt')], out },
    });
    const model = samplePath('model');
    const importance = await invoke('adept_get_importance', { model, least: 2 }, ImportanceResult);
    assert.deepEqual([importance.model.layers, importance.layers.length], [8, 8]);
    assert.equal(importance.leastImportant.layers.length, 2);
    assert.deepEqual(importance.text.files, [samplePath('general.txt')]);
    assert.match(await refusal('adept_get_importance', { model: '/etc' }), /there are: .*sample-model/);

    const text = join(workspaceFolder(), 'assistant-domain.txt');
    writeFileSync(text, 'Some words of a domain. '.repeat(2000));
    const before = readdirSync(workspaceFolder());
    const proposal = await invoke(
      'adept_propose_config',
      { model, domain: ['assistant-domain.txt'] },
      ProposalResult,
    );
    const config = parseLaunchText(proposal.text, proposal.file);
    assert.deepEqual(config.domain, ['assistant-domain.txt']);
    assert.ok(proposal.reasons.some(({ about }) => about === 'layers'));
    assert.ok(proposal.cost.memoryBytes !== null);
    assert.deepEqual(readdirSync(workspaceFolder()), before);

    // Whoever starts it is told what it takes, as far as the analysis tells.
    writeFileSync(proposal.file, proposal.text.replace('"auto"', '"wasm"'));
    const declined = await invoke('adept_start_run', { config: proposal.file }, ActionResult);
    assert.equal(declined.done, false);
    const layers = `Layers: ${'layers' in config.expand ? config.expand.layers.join(', ') : ''}`;
    const detail = dialogs.shown[0]?.detail ?? '';
    assert.ok(detail.includes(layers), detail);
    assert.match(detail, /\nEngine: Embedded\nTime: about .+\nMemory: about .+B$/);
    const outside = await refusal('adept_propose_config', { model, domain: ['../outside.txt'] });
    assert.match(outside, /is not in the workspace/);
  });

  it('tell of runs, compare them, and explain settings', async () => {
    fakeRun('told-a', { seed: 1 });
    fakeRun('told-b', { seed: 2 });
    const list = await invoke('adept_get_runs', {}, RunListResult);
    const row = list.runs.find(({ run }) => run === 'told-a');
    assert.deepEqual(row?.domainLoss, { before: 3, now: 2.25, best: 2.25 });
    const one = await invoke('adept_get_runs', { run: 'told-a' }, RunDetailResult);
    assert.deepEqual([one.state, one.step, one.steps, one.settings.seed], ['stopped', 50, 100, 1]);
    assert.match(
      await refusal('adept_get_runs', { run: 'none' }),
      /There is no run "none"; there are: .*told-a/,
    );

    const compared = await invoke('adept_compare', { runs: ['told-a', 'told-b'] }, RunComparisonResult);
    assert.deepEqual(compared.settingsThatDiffer, [{ name: 'tune.seed', values: ['1', '2'] }]);
    assert.match(await refusal('adept_compare', {}), /give one of "runs" and "checkpoints"/);

    const { settings } = await invoke('adept_explain_setting', { setting: '--lr' }, SettingResult);
    assert.deepEqual(
      settings.map(({ key }) => key),
      ['tune.learningRate'],
    );
    // VS Code passes on what does not fit the schema.
    assert.match(await refusal('adept_explain_setting', { setting: 3 }), /"setting" is not usable/);
    assert.deepEqual(dialogs.shown, []);
  });

  it('start, stop and export nothing without a yes, and with one what was said', async () => {
    const { config, run } = writeConfig({ name: 'assisted', steps: MANY_STEPS });
    const start = { config: 'assisted.adept.json' };
    const declined = await invoke('adept_start_run', start, ActionResult);
    assert.deepEqual([declined.done, declined.folder], [false, null]);
    assert.equal(all.runs.list.get(run), undefined);
    assert.ok(!existsSync(run));
    const [question] = dialogs.shown;
    assert.deepEqual([question?.text, question?.isModal], ['Start the run assisted?', true]);
    assert.ok(question !== undefined);
    for (const fact of [`Run folder: ${run}`, 'Steps: 100,000, of 32 tokens each', 'Model: sample-model']) {
      assert.ok(question.detail.includes(fact), question.detail);
    }

    dialogs.press = 'Start Run';
    const started = await invoke('adept_start_run', start, ActionResult);
    assert.deepEqual([started.done, started.folder], [true, run]);
    await runThat(all, run, 'saved', ({ status }) => (status?.checkpoints.length ?? 0) > 1);
    assert.match(await refusal('adept_start_run', start), /is being worked on already/);
    assert.match(await refusal('adept_start_run', { config }), /is being worked on already/);

    dialogs.press = undefined;
    assert.equal((await invoke('adept_stop_run', { run: 'assisted' }, ActionResult)).done, false);
    assert.ok(isLive(all.runs.list.get(run) ?? assert.fail()));
    dialogs.press = 'Stop Run';
    assert.equal((await invoke('adept_stop_run', { run: 'assisted' }, ActionResult)).done, true);
    await runThat(all, run, 'stopped', ({ state }) => state === 'stopped');
    assert.match(
      await refusal('adept_stop_run', { run: 'assisted' }),
      /is stopped, so there is nothing to stop/,
    );

    const points = { checkpoints: [0, 5].map((step) => ({ run: 'assisted', step })) };
    const moved = await invoke('adept_compare', points, CheckpointComparisonResult);
    assert.deepEqual([moved.a.base, moved.b.step], [true, 5]);
    assert.ok(
      moved.unitsMovedMost.some(({ relativeChange }) => relativeChange !== null && relativeChange > 0),
    );

    const out = join(workspaceFolder(), 'assisted-export');
    const asked = { run: 'assisted', step: 5, out: 'assisted-export' };
    assert.equal((await invoke('adept_export_checkpoint', asked, ActionResult)).done, false);
    assert.ok(!existsSync(out));
    dialogs.press = 'Export';
    const exported = await invoke('adept_export_checkpoint', asked, ActionResult);
    assert.deepEqual([exported.done, exported.folder], [true, out]);
    assert.ok(existsSync(join(out, 'config.json')));
    assert.match(await refusal('adept_export_checkpoint', asked), /is not empty: name a new folder/);
    const outside = { ...asked, out: '../outside' };
    assert.match(await refusal('adept_export_checkpoint', outside), /is not in the workspace/);
    assert.deepEqual(dialogs.errors, []);
  });

  it('do nothing where the call is cancelled, or the file changes, while the person is asked', async () => {
    const { config, run } = writeConfig({ name: 'unwanted', steps: MANY_STEPS });
    const window = vscode.window as { showWarningMessage: unknown };
    const source = new vscode.CancellationTokenSource();
    let answer: Promise<string> | undefined;
    window.showWarningMessage = () => {
      source.cancel();
      // By then VS Code has told the extension.
      answer = setTimeout(CANCELLED_MILLISECONDS, 'Start Run');
      return answer;
    };
    await assert.rejects(invoke('adept_start_run', { config }, ActionResult, source.token));
    await answer;
    window.showWarningMessage = () => {
      writeConfig({ name: 'unwanted', steps: MANY_STEPS + 1 });
      return Promise.resolve('Start Run');
    };
    assert.match(await refusal('adept_start_run', { config }), /changed while the person was asked/);
    assert.equal(all.runs.list.get(run), undefined);
    assert.ok(!existsSync(run));
    rmSync(config);
    assert.match(
      await refusal('adept_start_run', { config }),
      /is no \*\.adept\.json of the workspace: there are/,
    );
  });

  it('were all called by VS Code’s own interface', () => {
    assert.deepEqual([...called].sort(), Object.keys(ASSISTANT_TOOLS).sort());
  });

  it('only read in Restricted Mode, and say why', async () => {
    const { config, run } = writeConfig({ name: 'restricted', steps: MANY_STEPS });
    fakeRun('read-only', {});
    const before = Object.getOwnPropertyDescriptor(vscode.workspace, 'isTrusted');
    assert.ok(before !== undefined);
    Object.defineProperty(vscode.workspace, 'isTrusted', { ...before, get: () => false });
    try {
      dialogs.press = 'Start Run';
      const acting: readonly [AssistantToolName, object][] = [
        ['adept_start_run', { config }],
        ['adept_stop_run', { run: 'read-only' }],
        ['adept_export_checkpoint', { run: 'read-only' }],
        ['adept_compare', { checkpoints: [0, 5].map((step) => ({ run: 'read-only', step })) }],
      ];
      for (const [name, input] of acting) {
        assert.match(await refusal(name, input), /needs a trusted workspace/, name);
      }
      const { state } = await invoke('adept_get_runs', { run: 'read-only' }, RunDetailResult);
      assert.equal(state, 'stopped');
    } finally {
      Object.defineProperty(vscode.workspace, 'isTrusted', before);
    }
    assert.deepEqual(dialogs.shown, []);
    assert.ok(!existsSync(run));
  });
});
