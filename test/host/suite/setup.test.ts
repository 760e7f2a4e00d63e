import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { Dialogs } from './dialogs';
import { FakeSetup } from './fakeSetup';
import { eventually } from './support';

describe('setting up the native engine', () => {
  const fake = new FakeSetup('fake-setup');
  let dialogs: Dialogs;

  before(() => fake.install());
  after(() => fake.remove());

  beforeEach(() => {
    dialogs = new Dialogs();
  });

  afterEach(() => {
    dialogs.dispose();
  });

  it('runs adept setup where the command finds it, and says which device computes', async () => {
    await vscode.commands.executeCommand('adept.setUpNative');
    assert.deepEqual(dialogs.errors, []);
    assert.equal(
      dialogs.shown.at(-1)?.text,
      'The native engine is set up (libtensorflow 2.21.0) and computes on the CPU.',
    );
    const { args, home } = fake.started();
    assert.deepEqual(args.slice(0, 2), ['setup', '--events']);
    assert.equal(home, process.env.ADEPT_HOME ?? null);
  });

  it('is cancelled like every other job', async () => {
    const progress = dialogs.cancelProgress();
    const ended = vscode.commands.executeCommand('adept.setUpNative', { variant: 'gpu' });
    await eventually('its progress', () =>
      progress.messages.find((message) => message.includes('12 MB of 300 MB')),
    );
    progress.cancel();
    await ended;
    assert.deepEqual(dialogs.shown, []);
  });
});
