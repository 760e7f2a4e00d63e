import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { processToken } from '../../../src/node/process/processAlive';
import { Cancelled, SILENT_TASK, type Task } from '../../../src/trainer/task';
import type { TorchProcess } from '../../../src/trainer/torch/process/torchProcess';
import type { CallResult } from '../../../src/trainer/torch/wire/connection';
import { arrayOf, PlainResult, StepResult } from '../../../src/trainer/torch/wire/messages';
import { WireError } from '../../../src/trainer/torch/wire/wireError';
import { startFake, type FakeBehaviour } from '../../support/fakeRank0';
import { refused } from '../../support/refused';

function ask(
  rank0: TorchProcess,
  verb = 'losses',
  task: Task = SILENT_TASK,
): Promise<CallResult<{ problem?: string | undefined }>> {
  return rank0.call({ verb, result: PlainResult, task });
}

function isGone(pid: number): boolean {
  const token = processToken(pid);
  return token === undefined || token.endsWith(' ended');
}

async function untilGone(pid: number): Promise<void> {
  while (!isGone(pid)) {
    await wait(20);
  }
}

const linux = process.platform === 'linux' ? false : 'processes are looked at in /proc';

describe('a call', { skip: process.platform === 'win32' && 'Windows has no such sockets' }, () => {
  it('comes back with fields and arrays, after its progress', async (t) => {
    const rank0 = await startFake(t, {
      onFrame: ({ id, verb }, { send }) => {
        if (verb === 'step') {
          send({ kind: 'progress', id, fraction: 0, message: '' });
          send({ kind: 'progress', id, fraction: 0.5, message: 'half' });
          send({ kind: 'progress', id: id - 1, fraction: 1, message: 'of an earlier call' });
          const data = Buffer.from(new Float32Array([1.5, 2]).buffer).toString('base64');
          send({ kind: 'result', id, tokens: 7 }, [['losses', 'float32', [2], data]]);
        }
      },
    });
    const said: unknown[] = [];
    const task: Task = { report: (...progress) => said.push(progress) };
    const result = await rank0.call({ verb: 'step', result: StepResult, task });
    assert.equal(result.fields.tokens, 7);
    assert.deepEqual([...arrayOf(result, 'losses', 'float32', [2])], [1.5, 2]);
    assert.deepEqual(said, [[0.5, 'half']]);
    assert.throws(
      () => arrayOf(result, 'losses', 'float32', [3]),
      /"losses" is float32 \[2\] and not float32 \[3\]/,
    );
    assert.throws(() => arrayOf(result, 'losses', 'float64', [2]), /not float64 \[2\]/);
    assert.throws(() => arrayOf(result, 'sums', 'float64', [2]), /without the array "sums"/);
  });

  it('fails as rank 0 says, and leaves the next one to be asked', async (t) => {
    const rank0 = await startFake(t, {
      onFrame: ({ id, verb }, { send }) => {
        if (verb !== 'shutdown' && verb !== 'fine') {
          const error = {
            type: verb,
            message: 'It is so.',
            rank: verb === 'input' ? null : 1,
            detail: 'line 3',
          };
          send({ kind: 'error', id, error });
        } else if (verb === 'fine') {
          send({ kind: 'result', id });
        }
      },
    });
    const input = await refused(ask(rank0, 'input'));
    assert.deepEqual([input.kind, input.message], ['input', 'It is so.']);
    const failed = await refused(ask(rank0, 'failure'));
    assert.deepEqual([failed.kind, failed.message], ['failure', 'Rank 1: It is so.']);
    assert.match(String(failed.cause), /line 3/);
    const lost = await refused(ask(rank0, 'lost'));
    assert.equal(lost.message, 'Rank 1: It is so. The run can be resumed from its last checkpoint.');
    assert.ok((await refused(ask(rank0, 'cancelled'))) instanceof Cancelled);
    await ask(rank0, 'fine');
  });

  it('is refused while another is in flight', async (t) => {
    const rank0 = await startFake(t, {
      onFrame: ({ id, verb }, { send }) => {
        if (verb !== 'shutdown') {
          setImmediate(() => {
            send({ kind: 'result', id });
          });
        }
      },
    });
    const first = ask(rank0);
    await assert.rejects(ask(rank0), /one call at a time/);
    await first;
    await ask(rank0);
  });

  it('is cancelled with its task: by asking, or not asked at all', async (t) => {
    const rank0 = await startFake(t, {
      onFrame: ({ kind, id }, { send }) => {
        if (kind === 'cancel') {
          send({ kind: 'error', id, error: { type: 'cancelled', message: 'So.', rank: null, detail: '' } });
        }
      },
    });
    const abort = new AbortController();
    const work = ask(rank0, 'maskedLosses', { ...SILENT_TASK, signal: abort.signal });
    abort.abort();
    assert.ok((await refused(work)) instanceof Cancelled);
    const again = ask(rank0, 'maskedLosses', { ...SILENT_TASK, signal: abort.signal });
    assert.ok((await refused(again)) instanceof Cancelled);
  });

  const unreadable: readonly (readonly [string, NonNullable<FakeBehaviour['onFrame']>, RegExp])[] = [
    [
      'of another kind',
      (_, { send }) => {
        send({ kind: 'news' });
      },
      /a message of the kind "news"/,
    ],
    [
      'of another call',
      ({ id }, { send }) => {
        send({ kind: 'result', id: id + 1 });
      },
      /the call 2, which is not running/,
    ],
    [
      'with a field that is not known',
      ({ id }, { send }) => {
        send({ kind: 'result', id, more: 1 });
      },
      /a result of "losses" whose "more" is wrong/,
    ],
    [
      'that is no frame',
      (_, { raw }) => {
        raw(Buffer.from([255, 255, 255, 255]));
      },
      /a header of 4294967295 bytes/,
    ],
    [
      'with a wrong error',
      ({ id }, { send }) => {
        send({ kind: 'error', id, error: { type: 'sad' } });
      },
      /an error whose "error\.type" is wrong/,
    ],
  ];
  for (const [what, onFrame, why] of unreadable) {
    it(`fails with what is wrong when it gets an answer ${what}`, async (t) => {
      const rank0 = await startFake(t, { onFrame });
      const error = await refused(ask(rank0));
      assert.ok(error instanceof WireError);
      assert.match(error.message, why);
      // Nothing more is made of it.
      assert.equal(await refused(ask(rank0)), error);
    });
  }
});

describe('the end of ranks', { skip: process.platform === 'win32' && 'Windows has no such sockets' }, () => {
  it('fails the call that runs with signal, rank and last lines, and every later one', async (t) => {
    const rank0 = await startFake(t, {
      onFrame: () => {
        process.stderr.write('one\n==\ntwo', () => process.kill(process.pid, 'SIGKILL'));
      },
    });
    const error = await refused(ask(rank0));
    assert.equal(
      error.message,
      'Rank 0 of the torch executor ended by SIGKILL. Last lines: one | two. The run can be resumed from its last checkpoint.',
    );
    assert.equal((await refused(ask(rank0))).message, error.message);
    await rank0.close();
  });

  it('is told by its exit status, also where the socket is closed before', async (t) => {
    const rank0 = await startFake(t, {
      onFrame: (_, { socket }) => {
        socket.removeAllListeners('close');
        socket.end(() => {
          setTimeout(() => process.exit(3), 100);
        });
      },
    });
    assert.match(
      (await refused(ask(rank0))).message,
      /^Rank 0 of the torch executor ended with exit status 3\./,
    );
  });

  it('is what rank 0 says of it, where nobody asked', async (t) => {
    const rank0 = await startFake(t, {
      onFrame: (_, { send, socket }) => {
        const error = { type: 'lost', message: 'Told to end', rank: null, detail: '' };
        send({ kind: 'error', id: null, error });
        socket.end();
      },
    });
    const said = 'Told to end. The run can be resumed from its last checkpoint.';
    assert.equal((await refused(ask(rank0))).message, said);
  });

  it('names the rank that torchrun calls the cause', async (t) => {
    const rank0 = await startFake(t, {
      onFrame: () => {
        const said =
          'Root Cause (first observed failure):\n[0]:\n  rank      : 2 (local_rank: 2)\n  exitcode  : -9 (pid: 7)\n';
        process.stderr.write(said, () => process.exit(1));
      },
    });
    assert.match((await refused(ask(rank0))).message, /^Rank 2 of the torch executor ended by signal 9\./);
  });

  it(
    'is brought about, with all that they started, when they give no sign of life',
    { skip: linux },
    async (t) => {
      const rank0 = await startFake(
        t,
        {
          start: ({ hello, node }) => {
            // A group of its own, as torchrun's ranks have.
            const options = { detached: true, stdio: 'ignore' } as const;
            const { pid } = node.childProcess.spawn(
              process.execPath,
              ['-e', 'setInterval(() => {}, 1000)'],
              options,
            );
            hello({ description: { threads: pid, device: String(process.pid) } });
          },
          onFrame: ({ id, verb }, { send }) => {
            if (verb === 'alive') {
              const signs = setInterval(() => {
                send({ kind: 'progress', id, fraction: 0, message: '' });
              }, 50);
              setTimeout(() => {
                clearInterval(signs);
                send({ kind: 'result', id });
              }, 1800);
            }
          },
        },
        { silenceMilliseconds: 300 },
      );
      const pids = [rank0.description.threads, Number(rank0.description.device)];
      await ask(rank0, 'alive');
      assert.ok(!pids.some(isGone));
      assert.match(
        (await refused(ask(rank0))).message,
        /^The torch executor gave no sign of life .* all processes were ended\. The run can be resumed/,
      );
      await Promise.all(pids.map(untilGone));
    },
  );

  it('names rank 0 where that is the silent one of several', async (t) => {
    const rank0 = await startFake(
      t,
      {
        start: ({ hello }) => {
          hello({ description: { ranks: 2 } });
        },
        onFrame: () => process.kill(process.pid, 'SIGSTOP'),
      },
      { silenceMilliseconds: 100 },
    );
    assert.match((await refused(ask(rank0))).message, /^Rank 0 of the torch executor gave no sign of life/);
  });

  it('is what rank 0 says of another, also where torchrun calls rank 0 the cause', async (t) => {
    const rank0 = await startFake(t, {
      onFrame: (_, { send, socket }) => {
        const error = { type: 'lost', message: 'Rank 1: gave no sign of life', rank: 1, detail: '' };
        send({ kind: 'error', id: null, error });
        socket.removeAllListeners('close');
        const report =
          'Root Cause (first observed failure):\n rank      : 0 (local_rank: 0)\n exitcode  : 1 (pid: 7)\n';
        process.stderr.write(report, () => socket.end(() => process.exit(1)));
      },
    });
    const said = 'Rank 1: gave no sign of life. The run can be resumed from its last checkpoint.';
    assert.equal((await refused(ask(rank0))).message, said);
  });

  it('comes at once to who was stopped and would wait for ever', { skip: linux }, async (t) => {
    const rank0 = await startFake(t, {
      start: ({ hello, node }) => {
        const options = { detached: true, stdio: 'ignore' } as const;
        const other = node.childProcess.spawn(
          process.execPath,
          ['-e', 'setInterval(() => {}, 1000)'],
          options,
        );
        hello({ description: { threads: other.pid } });
      },
      onFrame: ({ verb }, { socket }) => {
        // As torchrun does, it ends only after what it has started.
        socket.removeAllListeners('close');
        process.kill(Number(verb), 'SIGSTOP');
        socket.end();
        setInterval(() => {
          try {
            process.kill(Number(verb), 0);
          } catch {
            process.exit(4);
          }
        }, 20);
      },
    });
    const asked = ask(rank0, String(rank0.description.threads));
    assert.match((await refused(asked)).message, /^Rank 0 of the torch executor ended with exit status 4\./);
  });

  it('comes with close, which leaves nothing', { skip: linux }, async (t) => {
    const rank0 = await start(t);
    const pid = Number(rank0.description.device);
    assert.ok(!isGone(pid));
    await rank0.close();
    assert.ok(isGone(pid));
    await rank0.close();
  });
});

function start(t: TestContext): Promise<TorchProcess> {
  return startFake(t, {
    start: ({ hello }) => {
      hello({ description: { device: String(process.pid) } });
    },
  });
}
