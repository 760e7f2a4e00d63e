import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../../../src/trainer/tfjs/engine/provision/host';
import { findNativeInstall, type NativeInstall } from '../../../src/node/engines/nativeInstall';
import type { ProvisionProgress } from '../../../src/trainer/tfjs/engine/provision/progress';
import {
  provisionNativeEngine,
  type ProvisionOptions,
} from '../../../src/trainer/tfjs/engine/provision/provision';
import { kernelsName } from '../../../src/trainer/tfjs/engine/provision/kernels';
import { cancelled } from '../../../src/trainer/tfjs/engine/provision/run';
import {
  fakeHost,
  testWheel,
  withFolder,
  workingTools,
  type FakeHost,
  type Tool,
} from '../../support/provisionHost';

const staging = `.staging-${String(process.pid)}`;
const gpuTool: Tool = () => ({ stdout: 'NVIDIA H100 80GB HBM3, 9.0, 550.54.15\n' });

function verified(gpu: boolean, version = '2.21.0'): Tool {
  const report = { libtensorflow: version, gpu, product: [19, 22, 43, 50] };
  return () => ({
    stdout: `verified ${JSON.stringify(report)}\n`,
    stderr: gpu ? '' : 'E0000 00:00:1.2 3 cuda_platform.cc:5] failed call to cuInit\n',
  });
}

interface Attempt {
  readonly install: Promise<NativeInstall>;
  readonly lines: ProvisionProgress[];
}

function provision(host: Host, options: Partial<ProvisionOptions> = {}): Attempt {
  const lines: ProvisionProgress[] = [];
  return {
    lines,
    install: provisionNativeEngine({ onProgress: (line) => lines.push(line), ...options }, host),
  };
}

const messages = (lines: readonly ProvisionProgress[]): string =>
  lines.map(({ message }) => message).join('\n');

/** What is in the native home, without the folder of the installed engine's time. */
function contents(host: FakeHost): string[] {
  return readdirSync(host.home).map((name) => name.replace(/-\d{17}$/, ''));
}

describe('setting up the native engine', () => {
  it('goes on with the wheel when the prebuilt host is unreachable, and says why in one line', () =>
    withFolder(async (home) => {
      const host = fakeHost(home, workingTools());
      const { install, lines } = provision(host);
      const done = await install;
      assert.equal(done.route, 'wheel');
      assert.equal(done.variant, 'cpu');
      assert.equal(done.libtensorflow, '2.21.0');
      assert.equal(readFileSync(done.binding, 'utf8'), 'compiled');
      assert.deepEqual(findNativeInstall(host.home), done);
      assert.deepEqual(contents(host).sort(), ['install.json', 'libtensorflow-2.21.0-cpu']);
      const reason = lines.filter(({ message }) => message.startsWith('prebuilt binding:'));
      assert.deepEqual(
        reason.map(({ message }) => message),
        ['prebuilt binding: its download failed, getaddrinfo ENOTFOUND storage.example'],
      );
      const steps = [...new Set(lines.map(({ step }) => step))];
      assert.deepEqual(steps, ['check', 'prebuilt', 'download', 'unpack', 'compile', 'verify', 'install']);
    }));

  it('uses the prebuilt binding where it computes, and never compiles', () =>
    withFolder(async (home) => {
      const install: Tool = (_args, options) => {
        const folder = join(options.cwd ?? '', 'lib', 'napi-v8');
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, 'tfjs_binding.node'), 'prebuilt');
        return {};
      };
      const host = fakeHost(home, { install, verify: verified(false, '2.9.1') });
      const done = await provision(host).install;
      assert.deepEqual([done.route, done.libtensorflow], ['prebuilt', '2.9.1']);
      assert.equal(readFileSync(done.binding, 'utf8'), 'prebuilt');
      assert.deepEqual(host.commands, ['nvidia-smi', 'install', 'verify']);
      assert.equal(existsSync(join(home, 'package-sources', 'lib')), false);
    }));

  it('does nothing when an engine is there that computes, and everything when forced', () =>
    withFolder(async (home) => {
      const host = fakeHost(home, workingTools());
      const first = await provision(host).install;
      host.commands.length = 0;
      assert.deepEqual(await provision(host).install, first);
      assert.deepEqual(host.commands, ['nvidia-smi', 'verify']);
      const second = await provision(host, { force: true }).install;
      assert.notEqual(second.folder, first.folder);
      assert.equal(existsSync(first.folder), false);
      assert.deepEqual(findNativeInstall(host.home), second);
    }));

  it('replaces an engine that no longer loads, and an install.json that is broken', () =>
    withFolder(async (home) => {
      const tools = workingTools();
      const first = await provision(fakeHost(home, tools)).install;
      let checks = 0;
      const verify: Tool = (args, options) => {
        checks += 1;
        return checks === 1
          ? { status: 1, stderr: 'Error: libfoo.so: cannot open' }
          : (tools.verify?.(args, options) ?? {});
      };
      const host = fakeHost(home, { ...tools, verify });
      const { install, lines } = provision(host);
      assert.notEqual((await install).folder, first.folder);
      assert.match(messages(lines), /does not load: libfoo\.so: cannot open\. Installing it again/);

      writeFileSync(join(host.home, 'install.json'), '{');
      const again = provision(fakeHost(home, tools));
      const renewed = await again.install;
      assert.deepEqual(findNativeInstall(host.home), renewed);
      assert.match(messages(again.lines), /install\.json cannot be read/);
    }));
});

describe('a setup that fails', () => {
  it('names the reason of every route and leaves the home as it was', () =>
    withFolder(async (home) => {
      const { python3, install } = workingTools();
      assert.ok(python3 && install);
      const host = fakeHost(home, { install });
      await assert.rejects(provision(host).install, (error: Error) => {
        assert.match(
          error.message,
          /^The native engine for the CPU could not be installed \(prebuilt binding: .*ENOTFOUND/,
        );
        assert.match(
          error.message,
          /; TensorFlow wheel: this machine lacks python3 .* and pip .* and a working C\+\+17/,
        );
        assert.match(error.message, /the wasm engine works without it\.$/);
        return true;
      });
      assert.deepEqual(readdirSync(host.home), []);
    }));

  it('for want of space downloads nothing', () =>
    withFolder(async (home) => {
      const host = fakeHost(home, workingTools(), { freeBytes: () => Promise.resolve(1000) });
      await assert.rejects(
        provision(host).install,
        /^AdeptError: \S+native has 1\.0 kB \(1000 bytes\) free .* needs 1\.5 GB .* larger disk\.$/,
      );
      assert.equal(host.commands.includes('install'), false);
      assert.equal(existsSync(join(host.home, 'downloads')), false);
    }));

  it('in the check keeps the engine that was there', () =>
    withFolder(async (home) => {
      const tools = workingTools();
      const first = await provision(fakeHost(home, tools)).install;
      const wrong: Tool = () => ({
        stdout: `verified ${JSON.stringify({ libtensorflow: '2.21.0', gpu: false, product: [19, 22, 43, 51] })}`,
      });
      const host = fakeHost(home, { ...tools, verify: wrong });
      await assert.rejects(provision(host, { force: true }).install, /computes wrongly: .* gave 19 22 43 51/);
      assert.deepEqual(findNativeInstall(host.home), first);
      assert.equal(existsSync(join(host.home, staging)), false);
      const illegal = fakeHost(home, { ...tools, verify: () => ({ status: null, killedBy: 'SIGILL' }) });
      await assert.rejects(
        provision(illegal, { force: true }).install,
        /instruction set that TensorFlow needs \(AVX\)/,
      );
    }));

  it('for a GPU says so when none is there, before anything is downloaded', () =>
    withFolder(async (home) => {
      const host = fakeHost(home, workingTools(), { platform: 'win32' });
      await assert.rejects(
        provision(host, { variant: 'gpu' }).install,
        /No NVIDIA GPU was found .* "adept setup --cpu"/,
      );
      assert.deepEqual(host.commands, ['nvidia-smi']);
    }));
});

describe('the device', () => {
  it('is the GPU where one is present and computes', () =>
    withFolder(async (home) => {
      const host = fakeHost(home, { ...workingTools(), 'nvidia-smi': gpuTool, verify: verified(true) });
      const { install, lines } = provision(host);
      assert.equal((await install).variant, 'gpu');
      assert.match(messages(lines), /compute capability 9\.0/);
      assert.match(lines.at(-1)?.message ?? '', /it computes on the GPU$/);
    }));

  it('is the processor when the library for GPUs falls back to it, which is said and is an error where a GPU was asked for', () =>
    withFolder(async (home) => {
      const host = fakeHost(home, { ...workingTools(), 'nvidia-smi': gpuTool, verify: verified(false) });
      const { install, lines } = provision(host);
      assert.equal((await install).variant, 'cpu');
      assert.match(
        messages(lines),
        /for GPUs loads and computes on the processor, and its log says "failed call to cuInit".* Continuing with the processor/,
      );
      await assert.rejects(
        provision(host, { variant: 'gpu' }).install,
        /loads and computes on the processor/,
      );
      assert.equal(findNativeInstall(host.home)?.variant, 'cpu');
    }));
});

describe('an interrupted setup', () => {
  const stoppable: [string, (args: readonly string[]) => boolean][] = [
    ['install', () => true],
    ['python3', (args) => args.includes('download')],
    ['python3', (args) => args.some((argument) => argument.includes('ZipFile'))],
    ['c++', (args) => args.includes('-o')],
    ['verify', () => true],
  ];
  for (const [name, isMoment] of stoppable) {
    const moment = `${name} ${String(stoppable.findIndex((entry) => entry[1] === isMoment))}`;
    it(`installs nothing when it is stopped in ${moment}, and the next one succeeds`, () =>
      withFolder(async (home) => {
        const tools = workingTools();
        const controller = new AbortController();
        const host = fakeHost(home, {
          ...tools,
          [name]: (args, options) => {
            if (isMoment(args)) {
              controller.abort();
              throw cancelled();
            }
            return tools[name]?.(args, options) ?? {};
          },
        });
        await assert.rejects(
          provision(host, { signal: controller.signal }).install,
          /was stopped before it was complete/,
        );
        assert.equal(findNativeInstall(host.home), undefined);
        assert.deepEqual(
          contents(host).filter((file) => file !== 'downloads'),
          [],
        );
        await provision(fakeHost(home, tools)).install;
        assert.deepEqual(contents(host).sort(), ['install.json', 'libtensorflow-2.21.0-cpu']);
      }));
  }

  it('that was killed is cleaned by the next, which keeps only wheels with the right checksum', () =>
    withFolder(async (home) => {
      const host = fakeHost(home, workingTools());
      mkdirSync(join(host.home, '.staging-4194311', 'engine', 'tensorflow'), { recursive: true });
      mkdirSync(join(host.home, 'libtensorflow-2.21.0-cpu-20260101000000000'), { recursive: true });
      mkdirSync(join(host.home, 'downloads'), { recursive: true });
      writeFileSync(join(host.home, 'downloads', testWheel.file), 'the first half');
      writeFileSync(
        join(host.home, 'lock'),
        JSON.stringify({ pid: 4194311, host: 'x', token: 't' }).replace(
          '"x"',
          JSON.stringify((await import('node:os')).hostname()),
        ),
      );
      const { install, lines } = provision(host);
      const done = await install;
      assert.deepEqual(
        lines
          .filter(({ step }) => step === 'clean')
          .map(({ message }) => message)
          .sort(),
        ['.staging-4194311', 'libtensorflow-2.21.0-cpu-20260101000000000'].map(
          (name) => `Removed ${join(host.home, name)}, left by an earlier setup`,
        ),
      );
      assert.deepEqual(contents(host).sort(), ['install.json', 'libtensorflow-2.21.0-cpu']);
      assert.deepEqual(findNativeInstall(host.home), done);
    }));

  it('by SIGTERM is stopped like any other', () =>
    withFolder(async (home) => {
      const tools = workingTools();
      const slow: Tool = async (_args, { signal }) => {
        process.kill(process.pid, 'SIGTERM');
        await sleep(10_000, undefined, { signal }).catch(() => undefined);
        throw cancelled();
      };
      const host = fakeHost(home, {
        ...tools,
        'c++': (args, options) => (args.includes('-o') ? slow(args, options) : {}),
      });
      await assert.rejects(provision(host).install, /was stopped before it was complete/);
      assert.equal(process.listenerCount('SIGTERM'), 0);
      assert.deepEqual(contents(host), ['downloads']);
    }));
});

describe('the fused kernels', () => {
  const kernels = (install: NativeInstall): string[] =>
    readdirSync(dirname(install.binding)).filter((name) => name.startsWith('adept_kernels-'));

  it('are compiled for a new engine, seen computing, and not compiled again', () =>
    withFolder(async (home) => {
      const host = fakeHost(home, workingTools());
      const done = await provision(host).install;
      assert.deepEqual(kernels(done), [kernelsName(host.sources())]);
      const before = host.commands.length;
      const { install, lines } = provision(host);
      await install;
      assert.doesNotMatch(messages(lines), /kernels/);
      assert.deepEqual(host.commands.slice(before), ['nvidia-smi', 'verify']);
    }));

  it('are compiled anew when their sources change, for the engine that is there, beside the latest of other versions', () =>
    withFolder(async (home) => {
      const host = fakeHost(home, workingTools());
      const done = await provision(host).install;
      writeFileSync(join(host.sources().kernels, 'module.cc'), '// other kernels');
      const { install, lines } = provision(host);
      assert.equal((await install).folder, done.folder);
      assert.match(messages(lines), /Compiling the fused kernels with c\+\+/);
      const names = [...kernels(done)];
      assert.ok(names.length === 2 && names.includes(kernelsName(host.sources())));
      for (let version = 0; version < 5; version += 1) {
        writeFileSync(join(host.sources().kernels, 'module.cc'), `// version ${version}`);
        await provision(host).install;
        names.push(kernelsName(host.sources()));
      }
      assert.deepEqual(new Set(kernels(done)), new Set(names.slice(-4)));
    }));

  const obstacles: Record<string, { tools?: Record<string, Tool>; changes?: Partial<Host>; said: RegExp }> = {
    'the processor is too old': {
      changes: { cpuInfo: () => 'flags : fpu sse4_2 avx\n' },
      said: /the processor lacks avx2 and fma/,
    },
    'they cannot be compiled': {
      tools: {
        'c++': (args, options) =>
          args.some((argument) => argument.endsWith('module.cc'))
            ? { status: 1, stderr: 'module.cc:1: error: no such thing\n' }
            : (workingTools()['c++']?.(args, options) ?? {}),
      },
      said: /error: no such thing/,
    },
    'they do not compute': {
      tools: { 'verify kernels': () => ({ status: null, killedBy: 'SIGILL' }) },
      said: /the compiled kernels do not compute \(.*SIGILL/,
    },
  };
  for (const [name, { tools = {}, changes = {}, said }] of Object.entries(obstacles)) {
    it(`are left out, which is said, when ${name}`, () =>
      withFolder(async (home) => {
        const { install, lines } = provision(fakeHost(home, { ...workingTools(), ...tools }, changes));
        const done = await install;
        assert.deepEqual(kernels(done), []);
        const line = lines.find(({ message }) => message.startsWith('Continuing without fused kernels'));
        assert.match(line?.message ?? '', said);
      }));
  }
});
