import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as v from 'valibot';
import { USUAL_ASK_SETTINGS, type AskSettings } from '../../src/shared/playground/askSettings';
import { FromSession, type ToSession } from '../../src/shared/playground/session';
import type { SideAnswer } from '../../src/shared/playground/sideAnswer';
import type { CheckpointSide, Side } from '../../src/shared/playground/sides';
import { adeptResult, runAdept, runAdeptAgain } from '../support/command';
import { HANG_MILLISECONDS } from '../support/hang';
import { projectRoot } from '../support/projectRoot';
import { assertRefused } from '../support/refusal';
import { treeDigest } from '../support/treeDigest';

const sample = (name: string): string => join(projectRoot, 'media/sample', name);
const PROMPT = 'The patient was';
const MAX_TOKENS = 16;

type Message<T extends FromSession['type']> = Extract<FromSession, { type: T }>;

/** An `adept playground`, and this test in place of the editor that started it. */
class Playground {
  readonly messages: FromSession[] = [];
  private asked = 0;
  private heard: () => void = () => undefined;

  private constructor(readonly child: ChildProcess) {
    child.on('message', (message) => {
      this.messages.push(v.parse(FromSession, message));
      this.heard();
    });
  }

  static start(): Playground {
    const cli = join(projectRoot, 'out/cli.cjs');
    return new Playground(
      fork(cli, ['playground', '--engine', 'wasm'], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        timeout: HANG_MILLISECONDS,
      }),
    );
  }

  /** Asks, and hears everything that is said about it. */
  async ask(
    sides: readonly Side[],
    { prompt = PROMPT, ...settings }: Partial<AskSettings> & { readonly prompt?: string } = {},
    onMessage: (message: FromSession, id: number) => void = () => undefined,
  ): Promise<FromSession[]> {
    this.asked += 1;
    const id = this.asked;
    const from = this.messages.length;
    const usual = { ...USUAL_ASK_SETTINGS, maxTokens: MAX_TOKENS };
    this.send({ type: 'ask', id, prompt, sides: [...sides], settings: { ...usual, ...settings } });
    for (let at = from; ; at += 1) {
      while (this.messages.length <= at) {
        await new Promise<void>((resolve) => (this.heard = resolve));
      }
      const message = this.messages[at];
      assert.ok(message);
      onMessage(message, id);
      if (message.type === 'done') {
        return this.messages.slice(from);
      }
    }
  }

  send(message: ToSession): void {
    this.child.send(message);
  }
}

function ofType<T extends FromSession['type']>(messages: readonly FromSession[], type: T): Message<T>[] {
  return messages.filter((message): message is Message<T> => message.type === type);
}

/** What each side said. */
function answersOf(messages: readonly FromSession[]): SideAnswer[] {
  assert.deepEqual(ofType(messages, 'failed'), []);
  return ofType(messages, 'answered')
    .sort((a, b) => a.side - b.side)
    .map(({ answer }) => answer);
}

function problemsOf(messages: readonly FromSession[]): string[] {
  return ofType(messages, 'failed').map(({ message }) => message);
}

/** What `adept generate` says. */
async function generated(model: string, folder: string): Promise<string> {
  const file = join(folder, 'prompts.txt');
  writeFileSync(file, PROMPT);
  const { stdout, stderr, status } = await runAdeptAgain([
    ...['generate', '--model', model, '--prompts', file, '--max-tokens', MAX_TOKENS],
    ...['--engine', 'wasm', '--json'],
  ]);
  assert.equal(status, 0, stderr);
  return v.parse(v.object({ answer: v.string() }), JSON.parse(stdout)).answer;
}

describe('adept playground', () => {
  const folder = mkdtempSync(join(tmpdir(), 'adept-test-'));
  const at = (name: string): string => join(folder, name);
  const run = at('run');
  const base: Side = { kind: 'base', run };
  const tuned = (step: number, change: Partial<CheckpointSide> = {}): CheckpointSide => ({
    ...{ kind: 'checkpoint', run, step, alpha: 1, drop: [] },
    ...change,
  });
  let playground: Playground;

  before(async () => {
    await adeptResult([
      ...['expand', '--model', sample('model'), '--out', at('expanded'), '--layers', '3,5'],
      ...['--engine', 'wasm'],
    ]);
    await adeptResult([
      ...['tune', '--model', at('expanded'), '--out', run, '--engine', 'wasm', '--seq-len', 32],
      ...[
        '--steps',
        4,
        '--save-every',
        2,
        '--lr',
        0.02,
        '--batch-size',
        2,
        '--domain',
        sample('domain.jsonl'),
      ],
      ...['--probe', sample('general.txt'), '--max-probe-sequences', 2],
    ]);
    playground = Playground.start();
  });

  after(() => {
    playground.child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('answers as adept generate does, with the base model and a checkpoint, and leaves the run as it is', async () => {
    await adeptResult(['export', '--run', run, '--checkpoint', 4, '--out', at('exported')]);
    const untouched = treeDigest(run);
    const messages = await playground.ask([base, tuned(4)]);
    const [first, second] = answersOf(messages);
    assert.equal(first?.text, await generated(sample('model'), folder));
    assert.equal(second?.text, await generated(at('exported'), folder));
    assert.notEqual(first.text, second.text);
    assert.deepEqual(treeDigest(run), untouched);

    // What came piece by piece is the whole.
    const said = [0, 1].map((side) =>
      ofType(messages, 'said')
        .filter((part) => part.side === side)
        .reduce((text, part) => text.slice(0, part.from) + part.text, ''),
    );
    assert.deepEqual(said, [first.text, second.text]);
    for (const { cost, end } of [first, second]) {
      assert.deepEqual([cost.tokens, end], [MAX_TOKENS, 'length']);
      assert.ok(cost.promptTokens > 1 && cost.promptSeconds > 0 && (cost.tokenSeconds ?? 0) > 0);
    }
    assert.equal(ofType(messages, 'engine')[0]?.engine, 'wasm');
  });

  it('is the base model at α = 0 and without its layers, and holds the checkpoint that is asked, whichever was before', async () => {
    const [original] = answersOf(await playground.ask([{ kind: 'model', model: sample('model') }]));
    const at0 = answersOf(await playground.ask([tuned(4, { alpha: 0 }), tuned(4, { drop: [4, 7] })]));
    assert.deepEqual(
      at0.map(({ text }) => text),
      [original?.text, original?.text],
    );
    const [last, earlier] = answersOf(await playground.ask([tuned(4), tuned(2)]));
    const [again] = answersOf(await playground.ask([tuned(2)]));
    assert.equal(again?.text, earlier?.text);
    assert.notEqual(last?.text, earlier?.text);
    const [drawn, sameSeed] = answersOf(
      await playground.ask([tuned(4), tuned(4)], { temperature: 1, topP: 0.9, seed: 7 }),
    );
    assert.equal(drawn?.text, sameSeed?.text);
    assert.notEqual(drawn?.text, last?.text);
  });

  it('answers with a run that tuned everything, which has no strength', async () => {
    await adeptResult([
      ...[
        'tune',
        '--full',
        '--model',
        sample('model'),
        '--out',
        at('full'),
        '--engine',
        'wasm',
        '--seq-len',
        32,
      ],
      ...['--steps', 2, '--lr', 0.01, '--batch-size', 1, '--domain', sample('domain.jsonl')],
      ...['--probe', sample('general.txt'), '--max-probe-sequences', 1],
    ]);
    await adeptResult(['export', '--run', at('full'), '--out', at('exportedFull')]);
    const full = tuned(2, { run: at('full') });
    const [original, learned] = answersOf(await playground.ask([{ kind: 'base', run: at('full') }, full]));
    assert.equal(original?.text, await generated(sample('model'), folder));
    assert.equal(learned?.text, await generated(at('exportedFull'), folder));
    assert.notEqual(learned.text, original.text);
    assert.match(problemsOf(await playground.ask([{ ...full, alpha: 0.5 }])).join(), /set α to 1\.$/);
  });

  it('keeps what was said when it is stopped in the middle, begins no further answer, and goes on with the next prompt', async () => {
    const messages = await playground.ask([tuned(4), base], { maxTokens: 240 }, (message, id) => {
      if (message.type === 'said') {
        playground.send({ type: 'stop', id });
      }
    });
    const [answer, other] = answersOf(messages);
    assert.equal(other, undefined);
    assert.equal(answer?.end, 'stopped');
    assert.ok(answer.text.length > 0 && answer.cost.tokens < 240, `${answer.cost.tokens} tokens`);
    const [whole] = answersOf(await playground.ask([tuned(4)], { maxTokens: 240 }));
    assert.ok(whole?.text.startsWith(answer.text));
  });

  it('says in a sentence what is wrong with a prompt or a side, and answers on', async () => {
    const lone = { kind: 'model', model: sample('model') } as const;
    assert.match(
      problemsOf(await playground.ask([lone], { prompt: 'word '.repeat(2000) })).join(),
      /^Prompt: has \d+ tokens, more than the model's 256 positions: shorten it\.$/,
    );

    const hostile = at('hostile');
    cpSync(sample('model'), hostile, { recursive: true });
    writeFileSync(
      join(hostile, 'chat_template.jinja'),
      '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}',
    );
    const side = { kind: 'model', model: hostile } as const;
    assert.match(
      problemsOf(await playground.ask([side], { asConversation: true })).join(),
      /^Prompt: the chat template refuses the conversation \(it has not ended after 2 s\): .*\.$/,
    );
    // As a text it is asked without the template, and where there is none a conversation is a text.
    const plain = await playground.ask([lone], { asConversation: true });
    assert.equal(ofType(plain, 'reading')[0]?.lacksTemplate, true);
    assert.equal(answersOf(plain)[0]?.text, answersOf(await playground.ask([lone]))[0]?.text);
    assert.equal(answersOf(await playground.ask([side, lone])).length, 2);

    const bare = at('bare');
    cpSync(sample('model'), bare, { recursive: true });
    const tokenizer = join(bare, 'tokenizer.json');
    const read = v.parse(v.looseObject({}), JSON.parse(readFileSync(tokenizer, 'utf8')));
    writeFileSync(tokenizer, JSON.stringify({ ...read, post_processor: null }));
    // The other tokenizer begins every text with a token, after which something can be said.
    const empty = await playground.ask([{ kind: 'model', model: bare }, lone], { prompt: '' });
    assert.match(problemsOf(empty).join(), /^Prompt: is empty, .*: write a prompt\.$/);
    assert.equal(ofType(empty, 'answered')[0]?.side, 1);

    const wrong = [tuned(3), tuned(4, { drop: [0] }), { kind: 'model', model: at('none') }] as const;
    const problems: string[] = [];
    for (const one of wrong) {
      problems.push(...problemsOf(await playground.ask([one])));
    }
    assert.match(
      problems[0] ?? '',
      /step-00000003 does not exist: this run has checkpoints at steps 2, 4\.$/,
    );
    assert.match(problems[1] ?? '', /did not add layer 0: only 4, 7 can be left out/);
    assert.match(problems[2] ?? '', /none/);
    assert.equal(answersOf(await playground.ask([base, tuned(4)])).length, 2);
  });

  it('ends with whoever started it', async () => {
    const exit = new Promise((resolve) => {
      playground.child.once('exit', (code, signal) => {
        resolve([code, signal]);
      });
    });
    playground.child.disconnect();
    assert.deepEqual(await exit, [0, null]);
  });

  it('is for programs, and says so in a terminal', async () => {
    assertRefused(await runAdept(['playground']), ['adept playground', 'adept generate']);
  });
});
