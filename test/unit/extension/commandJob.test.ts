import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, it, type TestContext } from 'node:test';
import { adeptHome } from '../../../src/node/files/adeptHome';
import { childEnvironment } from '../../../src/extension/process/childEnvironment';
import { CommandJob, JobCancelled, type JobProgress } from '../../../src/extension/process/commandJob';
import type { ChildRuntime } from '../../../src/extension/process/detachedChild';
import { JobStore } from '../../../src/extension/process/jobStore';
import { lastLines } from '../../../src/extension/process/lastLines';
import { progressText } from '../../../src/extension/process/progressText';
import { kill } from '../../../src/extension/process/signalProcess';
import { TimeLeft } from '../../../src/extension/process/timeLeft';
import { isProcessAlive } from '../../../src/node/process/processAlive';
import { AdeptError } from '../../../src/shared/common/errors';
import { ENGLISH } from '../../../src/shared/common/localizer';
import { fakeCommand } from '../../support/fakeCommand';
import { temporaryFolder } from '../../support/temporaryFolder';

interface Bench {
  readonly store: JobStore;
  readonly folder: string;
  readonly start: (deed: string, change?: Partial<ChildRuntime>) => Promise<CommandJob>;
}

function bench(t: TestContext): Bench {
  const folder = join(temporaryFolder(t), 'jobs');
  const store = new JobStore(folder);
  const runtime = fakeCommand(t);
  return {
    store,
    folder,
    start: async (deed, change = {}) => {
      const request = { title: 'Test', args: [deed], cwd: temporaryFolder(t), purpose: { kind: 'test' } };
      const job = await CommandJob.start({ ...runtime, ...change }, store, request);
      t.after(() => kill(job.record));
      return job;
    },
  };
}

async function rejection(work: Promise<unknown>): Promise<AdeptError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof AdeptError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'it succeeded' });
}

/** The job's process has told that it runs. */
async function started(job: CommandJob): Promise<void> {
  while (!existsSync(job.paths.events)) {
    await setTimeout(10);
  }
}

describe('a command job', () => {
  it('brings progress, logs and the result', async (t) => {
    const { start } = bench(t);
    const job = await start('succeed');
    const progress: JobProgress[] = [];
    const logs: string[] = [];
    const value = await job.result({
      onProgress: (one) => progress.push(one),
      onLog: (message) => logs.push(message),
    });
    assert.deepEqual(progress, [{ message: 'engine: wasm' }, { fraction: 0.5, message: 'layer 1 of 2' }]);
    assert.deepEqual(logs, ['engine: wasm']);
    assert.deepEqual(value.args, ['--events', job.paths.events]);
    assert.equal((value.environment as NodeJS.ProcessEnv).MARK, 'set');
    assert.equal((value.environment as NodeJS.ProcessEnv).HOME, undefined);
    assert.deepEqual(lastLines(job.paths.log, 9), ['half way']);
  });

  it('ends with the command’s own message', async (t) => {
    const error = await rejection((await bench(t).start('fail')).result({}));
    assert.equal(error.message, 'model/config.json is missing: name a model folder.');
    assert.equal(error.kind, 'input');
  });

  it('says exit code and last log lines of a command that left no message', async (t) => {
    const { start } = bench(t);
    const crash = await rejection((await start('crash')).result({}));
    assert.match(crash.message, /^Test: its process ended with exit code 3\. .*first line \| out of luck$/);
    const early = await rejection((await start('beforeEvents')).result({}));
    assert.match(early.message, /exit code 2\. .*adept: unknown option$/);
  });

  it('says the signal that ended it', async (t) => {
    const error = await rejection((await bench(t).start('killItself')).result({}));
    assert.match(error.message, /ended by the signal SIGKILL, as the system does when memory runs out/);
  });

  it('that is cancelled tells the command to end, and says so', async (t) => {
    const job = await bench(t).start('obedient');
    await started(job);
    const result = rejection(job.result({}));
    job.cancel();
    assert.ok((await result) instanceof JobCancelled);
    while (job.alive) {
      await setTimeout(10);
    }
  });

  it('names the executable and the setting when nothing can be started', async (t) => {
    const { start, folder } = bench(t);
    const node = join(folder, 'no-node');
    const error = await rejection(start('succeed', { node, nodeSetting: 'adept.nodePath' }));
    assert.match(error.message, /no-node \(setting adept\.nodePath\) cannot be started in .* \(ENOENT\)/);
    assert.equal(error.kind, 'input');
    assert.deepEqual(readdirSync(folder), []);
  });

  it('outlives its host: another one finds it, follows it and may cancel it', async (t) => {
    const { store, start } = bench(t);
    const first = await start('obedient');
    await started(first);
    const stop = new AbortController();
    const following = rejection(first.result({}, stop.signal));
    stop.abort();
    await following;
    assert.ok(isProcessAlive(first.record.pid, first.record.processToken));

    const [found] = store.list(assert.ifError);
    assert.ok(found);
    const second = CommandJob.attach(found.record, found.paths);
    assert.deepEqual([second.record, second.alive], [first.record, true]);
    second.cancel();
    assert.ok((await rejection(second.result({}))) instanceof JobCancelled);
  });

  it('that ended while nobody looked is found with its result', async (t) => {
    const { store, start } = bench(t);
    await (await start('succeed')).result({});
    const [found] = store.list(assert.ifError);
    assert.ok(found);
    const value = await CommandJob.attach(found.record, found.paths).result({});
    assert.equal((value.environment as NodeJS.ProcessEnv).MARK, 'set');
  });

  it('that was killed while nobody looked is known to be gone, not how', async (t) => {
    const { store, start } = bench(t);
    const first = await start('wait');
    await started(first);
    kill(first.record);
    await rejection(first.result({}));
    const [found] = store.list(assert.ifError);
    assert.ok(found);
    const error = await rejection(CommandJob.attach(found.record, found.paths).result({}));
    assert.match(error.message, /its process ended, and its exit status is unknown/);
  });
});

describe('the store of jobs', () => {
  it('lets one host only claim a job', async (t) => {
    const { store, start } = bench(t);
    await (await start('succeed')).result({});
    const [found] = store.list(assert.ifError);
    assert.ok(found);
    const claimed = store.claim(found.paths);
    assert.ok(claimed !== undefined && existsSync(claimed.events));
    assert.equal(store.claim(found.paths), undefined);
    assert.deepEqual(store.list(assert.ifError), []);
    store.remove(claimed);
    assert.equal(existsSync(claimed.folder), false);
  });

  it('passes over a damaged record and says which', async (t) => {
    const { store, start } = bench(t);
    await (await start('succeed')).result({});
    const damaged = store.create();
    writeFileSync(join(damaged.folder, 'job.json'), '{"format":"adept.commandJob/1"}');
    const errors: unknown[] = [];
    assert.equal(store.list((error) => errors.push(error)).length, 1);
    assert.match(String(errors), /job\.json: "title"/);
  });
});

describe('what a child inherits', () => {
  it('is what a trainer needs and nothing of the editor', () => {
    const host = {
      PATH: '/bin',
      HOME: '/home/ada',
      LC_ALL: 'C',
      CUDA_VISIBLE_DEVICES: '0',
      https_proxy: 'http://proxy',
      NCCL_SOCKET_IFNAME: 'eth0',
      NODE_OPTIONS: '--inspect',
      VSCODE_IPC_HOOK: '/tmp/x',
      ELECTRON_RUN_AS_NODE: '1',
      AWS_SECRET_ACCESS_KEY: 'secret',
    };
    assert.deepEqual(childEnvironment(host, false), {
      PATH: '/bin',
      HOME: '/home/ada',
      LC_ALL: 'C',
      CUDA_VISIBLE_DEVICES: '0',
      https_proxy: 'http://proxy',
      NCCL_SOCKET_IFNAME: 'eth0',
    });
    assert.equal(childEnvironment(host, true).ELECTRON_RUN_AS_NODE, '1');
  });

  it('finds the engines where the command does', () => {
    const host = { HOME: '/home/ada', XDG_DATA_HOME: '/data', LOCALAPPDATA: '/local' };
    for (const own of [host, { ...host, ADEPT_HOME: '/own' }]) {
      for (const platform of ['linux', 'darwin', 'win32'] as const) {
        assert.equal(adeptHome(childEnvironment(own, false), platform), adeptHome(own, platform));
      }
    }
  });
});

describe('the time left', () => {
  it('follows from what was done since the first report', () => {
    const timeLeft = new TimeLeft();
    assert.equal(timeLeft.after(0.2, 10_000), undefined);
    assert.equal(timeLeft.after(0.2001, 12_000), undefined);
    assert.equal(timeLeft.after(0.4, 10_500), undefined);
    assert.ok(Math.abs((timeLeft.after(0.4, 20_000) ?? NaN) - 30) < 1e-9);
    assert.equal(timeLeft.after(1, 60_000), 0);
  });

  it('begins anew when a part begins anew', () => {
    const timeLeft = new TimeLeft();
    timeLeft.after(0.5, 0);
    assert.equal(timeLeft.after(0.1, 5000), undefined);
    assert.ok(Math.abs((timeLeft.after(0.6, 15_000) ?? NaN) - 8) < 1e-9);
  });
});

describe('the text of a progress', () => {
  it('says what is done and how long it takes, no more precisely than is known', () => {
    const text = (secondsLeft?: number): string =>
      progressText(
        { message: 'layer 3 of 9', ...(secondsLeft === undefined ? {} : { secondsLeft }) },
        ENGLISH,
      );
    assert.equal(text(), 'layer 3 of 9');
    assert.equal(text(0.2), 'layer 3 of 9 – 1 s left');
    assert.equal(text(59.2), 'layer 3 of 9 – 60 s left');
    assert.equal(text(61), 'layer 3 of 9 – 2 min left');
    assert.equal(text(7_200), 'layer 3 of 9 – 2 h 0 min left');
  });
});
