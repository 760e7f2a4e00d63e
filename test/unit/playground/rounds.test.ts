import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, it, mock } from 'node:test';
import type { AnswerProcessHooks } from '../../../src/extension/playground/answerProcess';
import { IDLE_MINUTES, Rounds, type RoundsState } from '../../../src/extension/playground/rounds';
import { ENGLISH } from '../../../src/shared/common/localizer';
import { failure } from '../../../src/shared/common/errors';
import { USUAL_ASK_SETTINGS } from '../../../src/shared/playground/askSettings';
import { MOST_ROUNDS, type PlaygroundHistory } from '../../../src/shared/playground/history';
import type { FromSession, ToSession } from '../../../src/shared/playground/session';
import type { Side } from '../../../src/shared/playground/sides';
import type { PlaygroundColumn } from '../../../src/shared/webview/playground';
import { projectRoot } from '../../support/projectRoot';

const SIDES: Side[] = [
  { kind: 'base', run: '/runs/one' },
  { kind: 'checkpoint', run: '/runs/one', step: 4, alpha: 1, drop: [] },
];
const ASKED = { prompt: 'Why?', settings: USUAL_ASK_SETTINGS, sides: SIDES, names: ['base', 'step 4'] };
const COST = { promptTokens: 2, promptSeconds: 0.1, tokens: 3, tokenSeconds: 0.05 };

/** The playground of a window whose processes are this test. */
class Window {
  readonly sent: (ToSession | 'end' | 'kill')[] = [];
  readonly changes: Partial<RoundsState>[] = [];
  history: PlaygroundHistory = [];
  starts = 0;
  canStart = true;
  hooks: Pick<AnswerProcessHooks, 'onMessage' | 'onEnd'> | undefined;
  readonly rounds = new Rounds({
    l10n: ENGLISH,
    start: (hooks) => {
      this.starts += 1;
      this.hooks = hooks;
      return this.canStart
        ? Promise.resolve({
            send: (message) => this.sent.push(message),
            end: () => this.sent.push('end'),
            kill: () => this.sent.push('kill'),
          })
        : Promise.reject(failure('no Node.js'));
    },
    history: {
      value: [],
      set: (history) => {
        this.history = history;
        return Promise.resolve();
      },
    },
    onChange: (change) => this.changes.push(change),
    onSaid: () => undefined,
    onProblem: (error) => {
      throw error;
    },
  });

  get columns(): readonly PlaygroundColumn[] {
    return this.rounds.state.round?.columns ?? [];
  }

  say(...messages: FromSession[]): void {
    for (const message of messages) {
      this.hooks?.onMessage(message);
    }
  }
}

const said = (id: number, side: number, text: string): FromSession => ({
  ...{ type: 'said', id, side, from: 0, text, cost: COST },
});
const answered = (id: number, side: number, text: string): FromSession => ({
  ...{ type: 'answered', id, side, answer: { text, end: 'stop', cost: COST } },
});

it('docs/editor.md says how long models are kept, and how many prompts', () => {
  const page = readFileSync(join(projectRoot, 'docs/editor.md'), 'utf8');
  assert.ok(page.includes(`nothing was asked for ${IDLE_MINUTES} minutes`));
  assert.ok(page.includes(`${MOST_ROUNDS} prompts with their answers`));
});

describe('prompts of the playground', () => {
  let window: Window;

  beforeEach(() => {
    window = new Window();
  });

  it('are asked of one process, one after the other, and kept with both answers', async () => {
    await window.rounds.ask(ASKED);
    await window.rounds.ask({ ...ASKED, prompt: 'And?' });
    assert.deepEqual(window.sent, [
      { type: 'ask', id: 1, prompt: 'Why?', sides: SIDES, settings: USUAL_ASK_SETTINGS },
    ]);
    const engine = { engine: 'native', device: 'CPU', threads: 2 };
    window.say({ type: 'engine', library: 'l', ...engine });
    window.say({ type: 'loading', id: 1, side: 0, message: 'loading layer 1 of 2' });
    assert.equal(window.columns[0]?.doing, 'loading layer 1 of 2');
    window.say({ type: 'reading', id: 1, side: 0, promptTokens: 2, lacksTemplate: true }, said(1, 0, 'Bec'));
    assert.deepEqual(
      window.columns.map(({ state, text, lacksTemplate }) => [state, text, lacksTemplate]),
      [
        ['answering', 'Bec', true],
        ['waiting', '', false],
      ],
    );
    // What comes late of an earlier prompt is none of this one's.
    window.say(answered(0, 1, 'late'), answered(1, 0, 'Because.'), answered(1, 1, 'So.'));
    window.say({ type: 'done', id: 1 });
    const { isAnswering, process } = window.rounds.state;
    assert.deepEqual([isAnswering, process.engine, process.state], [false, engine, 'ready']);
    assert.deepEqual(
      window.history[0]?.answers.map(({ name, answer }) => [name, answer?.text]),
      [
        ['base', 'Because.'],
        ['step 4', 'So.'],
      ],
    );
    await window.rounds.ask(ASKED);
    assert.deepEqual([window.starts, window.sent.length], [1, 2]);
    window.say({ type: 'done', id: 2 });
    window.rounds.renew();
    await window.rounds.ask(ASKED);
    assert.deepEqual([window.starts, window.sent[2]], [2, 'end']);
  });

  it('keep what was said when the process ends by itself, and the next one starts another', async () => {
    await window.rounds.ask(ASKED);
    window.say(answered(1, 0, 'Because.'), said(1, 1, 'S'));
    window.hooks?.onEnd('its process was ended by the signal SIGKILL.');
    const { process, round, isAnswering } = window.rounds.state;
    assert.deepEqual([process.state, isAnswering], ['ended', false]);
    assert.match(process.problem ?? '', /^Answering has ended: .*SIGKILL\.$/);
    assert.deepEqual(
      round?.columns.map(({ text, end, problem }) => [text, end, problem]),
      [
        ['Because.', 'stop', null],
        ['S', 'stopped', process.problem],
      ],
    );
    assert.equal(window.history[0]?.answers[1]?.answer?.text, 'S');
    await window.rounds.ask(ASKED);
    assert.deepEqual([window.starts, window.rounds.state.process.state], [2, 'starting']);
  });

  it('that nobody could answer are not kept, and neither is one for which no process starts', async () => {
    await window.rounds.ask(ASKED);
    window.say({ type: 'failed', id: 1, side: 0, message: 'Prompt: is empty.' });
    window.say({ type: 'failed', id: 1, side: 1, message: 'Prompt: is empty.' }, { type: 'done', id: 1 });
    assert.deepEqual(window.history, []);
    const { round } = window.rounds.state;
    assert.equal(round?.columns[1]?.problem, 'Prompt: is empty.');
    window.hooks?.onEnd('gone');
    window.canStart = false;
    await assert.rejects(window.rounds.ask(ASKED), /no Node\.js/);
    assert.equal(window.rounds.state.round, round);
    assert.equal(window.rounds.state.isAnswering, false);
  });

  it('are stopped, by ending the process where it does not listen', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    await window.rounds.ask(ASKED);
    window.say(said(1, 0, 'Bec'));
    window.rounds.stop();
    window.rounds.stop();
    assert.deepEqual(window.sent.slice(1), [{ type: 'stop', id: 1 }]);
    t.mock.timers.tick(15_000);
    assert.equal(window.sent.at(-1), 'kill');
    const { round, isAnswering } = window.rounds.state;
    assert.deepEqual(
      [isAnswering, round?.columns[0]?.text, round?.columns[0]?.end],
      [false, 'Bec', 'stopped'],
    );
    assert.equal(round?.columns[1]?.problem, null);
    assert.equal(window.history.length, 1);
  });

  it('free the models when none comes for a while, or the panel is closed', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      await window.rounds.ask(ASKED);
      window.say(answered(1, 0, 'Because.'));
      mock.timers.tick(IDLE_MINUTES * 60_000);
      assert.equal(window.sent.length, 1, 'it ended while it answered');
      window.say(answered(1, 1, 'So.'), { type: 'done', id: 1 });
      mock.timers.tick(IDLE_MINUTES * 60_000);
      assert.deepEqual([window.sent.at(-1), window.rounds.state.process.state], ['end', 'idle']);
      await window.rounds.ask(ASKED);
      window.say(said(2, 0, 'Bec'));
      window.rounds.dispose();
      assert.equal(window.sent.at(-1), 'end');
      assert.equal(window.history[0]?.answers[0]?.answer?.text, 'Bec');
    } finally {
      mock.timers.reset();
    }
  });
});
