import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { SILENT_TASK } from '../../../src/trainer/task';
import { TorchProcess } from '../../../src/trainer/torch/process/torchProcess';
import { PlainResult } from '../../../src/trainer/torch/wire/messages';
import { fakePython, startFake, type FakeBehaviour } from '../../support/fakeRank0';
import { refused } from '../../support/refused';

describe(
  'ranks and their start',
  { skip: process.platform === 'win32' && 'Windows has no such sockets' },
  () => {
    it('are found by a socket that only this user reaches, and that is gone once they are there', async (t) => {
      const rank0 = await startFake(t, {
        start: ({ hello, node }) => {
          const folder = node.path.dirname(process.env.ADEPT_EXECUTOR_SOCKET ?? '');
          hello({
            description: { device: `${(node.fs.statSync(folder).mode & 0o777).toString(8)} ${folder}` },
          });
        },
      });
      const [mode, folder = ''] = rank0.description.device.split(' ');
      assert.equal(mode, '700');
      assert.ok(folder !== '' && !existsSync(folder), folder);
      const { fields, arrays } = await rank0.call({
        verb: 'shutdown',
        result: PlainResult,
        task: SILENT_TASK,
      });
      assert.deepEqual([fields.problem, arrays.size], [undefined, 0]);
    });

    it('are not believed without the token, which the next one may have', async (t) => {
      const rank0 = await startFake(t, {
        start: ({ hello, node }) => {
          const outsider = node.net.connect(process.env.ADEPT_EXECUTOR_SOCKET ?? '');
          const text = '{"kind":"hello","protocol":1,"token":"0","arrays":[]}';
          const prefix = Buffer.alloc(4);
          prefix.writeUInt32LE(text.length);
          let heard = 0;
          outsider.on('data', (bytes) => (heard += bytes.length));
          outsider.on('close', () => {
            hello({ description: { threads: heard } });
          });
          outsider.write(Buffer.concat([prefix, Buffer.from(text)]));
        },
      });
      assert.equal(rank0.description.threads, 0, 'nothing is said to another program');
    });

    const wrong: readonly (readonly [string, FakeBehaviour, RegExp])[] = [
      [
        'another version of the protocol',
        {
          start: ({ hello }) => {
            hello({ protocol: 2, news: true });
          },
        },
        /speaks version 2 of the protocol, this program version 1: update the older one/,
      ],
      [
        'a greeting without a field',
        {
          start: ({ hello }) => {
            hello({ description: { device: undefined } });
          },
        },
        /a greeting whose "description\.device" is wrong/,
      ],
      [
        'an end with a sentence on stderr',
        {
          start: () => {
            process.stderr.write('Traceback\n', () => {
              process.stderr.write('The machine has 2 GPUs: start fewer.\n', () => process.exit(2));
            });
          },
        },
        /could not be started with .*python: Traceback \| The machine has 2 GPUs: start fewer\. "adept setup --torch"/,
      ],
    ];
    for (const [what, behaviour, why] of wrong) {
      it(`fail with ${what}`, async (t) => {
        const python = fakePython(t, behaviour);
        const error = await refused(TorchProcess.start({ python, packages: '/nowhere', ranks: 1 }));
        assert.match(error.message, why);
        assert.equal(error.kind, 'failure');
      });
    }

    it('fail with the rank that was killed, and not with what torchrun prints of it', async (t) => {
      const python = fakePython(t, {
        start: () => {
          const lines = [
            'no room for the weights',
            'E1128 17:05:01.123000 77 torch/distributed/elastic/multiprocessing/api.py:984] failed (exitcode: -9)',
            ...['Root Cause (first observed failure):', '[0]:', '  rank      : 2 (local_rank: 2)'],
            ...['  exitcode  : -9 (pid: 7)', '  traceback : Signal 9 (SIGKILL) received by PID 7', ''],
          ];
          process.stderr.write(lines.join('\n'), () => process.exit(1));
        },
      });
      assert.match(
        (await refused(TorchProcess.start({ python, packages: '/nowhere', ranks: 3 }))).message,
        /python: Rank 2 of the torch executor ended by signal 9\. Last lines: no room for the weights\. It was killed, perhaps .*: start again\.$/,
      );
    });

    it(
      'fail with the process that was stopped',
      { skip: process.platform !== 'linux' && 'processes are looked at in /proc' },
      async (t) => {
        const python = fakePython(t, { start: () => process.kill(process.pid, 'SIGSTOP') });
        const launch = {
          python,
          packages: '/nowhere',
          ranks: 1,
          env: { RANK: '7' },
          stoppedMilliseconds: 100,
        };
        assert.match(
          (await refused(TorchProcess.start(launch))).message,
          /^Rank 7 of the torch executor was stopped while it started, .*: start again\.$/,
        );
      },
    );

    it('fail where there is no such Python', async () => {
      const start = TorchProcess.start({ python: '/nowhere/python', packages: '/nowhere', ranks: 2 });
      assert.match((await refused(start)).message, /could not be started with \/nowhere\/python: .*ENOENT/);
    });
  },
);
