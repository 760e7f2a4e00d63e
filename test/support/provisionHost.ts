import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Host } from '../../src/trainer/tfjs/engine/provision/host';
import type { RunOptions, RunResult } from '../../src/trainer/tfjs/engine/provision/run';
import type { Wheel } from '../../src/trainer/tfjs/engine/provision/wheels';

/** A tool of the fake machine: what it does with its arguments, or only its result. */
export type Tool = (
  args: readonly string[],
  options: RunOptions,
) => Partial<RunResult> | Promise<Partial<RunResult>>;

export const wheelBytes = Buffer.from('the bytes of a wheel');
export const testWheel: Wheel = {
  project: 'tensorflow-cpu',
  version: '2.21.0',
  file: 'tensorflow_cpu-2.21.0.whl',
  sha256: createHash('sha256').update(wheelBytes).digest('hex'),
  bytes: wheelBytes.length,
};

/** Runs `body` with a folder that is removed afterwards. */
export async function withFolder<T>(body: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'adept-provision-'));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function argumentAfter(args: readonly string[], flag: string): string {
  const value = args[args.indexOf(flag) + 1];
  if (!args.includes(flag) || value === undefined) {
    throw new Error(`the tool was called without ${flag}: ${args.join(' ')}`);
  }
  return value;
}

function write(path: string, content: string | Buffer): Partial<RunResult> {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return {};
}

function unpackLibraries(target: string, archive: string): Partial<RunResult> {
  for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) {
    write(join(target, 'tensorflow', name), `from ${archive}`);
  }
  return {};
}

/** The tools of a machine on which the wheel route succeeds and the prebuilt route's host is unreachable. */
export function workingTools(): Record<string, Tool> {
  return {
    python3: (args) => {
      if (args.includes('download')) {
        return write(join(argumentAfter(args, '-d'), testWheel.file), wheelBytes);
      }
      const [, script = '', archive = '', target = ''] = args;
      return script.includes('ZipFile') ? unpackLibraries(target, basename(archive)) : {};
    },
    'c++': (args) => (args.includes('-o') ? write(argumentAfter(args, '-o'), 'compiled') : {}),
    install: () => ({
      status: 1,
      stderr: 'events.js\n\nError: getaddrinfo ENOTFOUND storage.example\n    at lookup\n',
    }),
    'verify kernels': () => ({ stdout: 'verified 4 7\n' }),
    verify: () => ({
      stdout: `verified ${JSON.stringify({ libtensorflow: '2.21.0', gpu: false, product: [19, 22, 43, 50] })}\n`,
    }),
  };
}

export interface FakeHost extends Host {
  /** Every command that was run, in order. */
  readonly commands: string[];
}

/** A Linux machine with the given tools; a tool that is not among them does not exist. */
export function fakeHost(home: string, tools: Record<string, Tool>, changes: Partial<Host> = {}): FakeHost {
  const sources = join(home, 'package-sources');
  write(join(sources, 'package.json'), '{}');
  write(join(sources, 'scripts', 'install.js'), '');
  write(join(sources, 'kernels', 'module.cc'), '// kernels');
  const commands: string[] = [];
  return {
    commands,
    platform: 'linux',
    arch: 'x64',
    env: {},
    home: join(home, 'native'),
    glibcVersion: () => '2.36',
    freeBytes: () => Promise.resolve(1e12),
    cpuInfo: () => 'flags\t\t: fpu avx2 fma\n',
    sources: () => ({
      ...{ package: sources, napiHeaders: sources, modules: sources },
      kernels: join(sources, 'kernels'),
    }),
    wheels: () => [testWheel],
    async run(command, args, options = {}) {
      const name = toolName(command, args);
      commands.push(name);
      const tool = tools[name];
      const result =
        tool === undefined ? { status: 127, stderr: `spawn ${name} ENOENT` } : await tool(args, options);
      return { status: 0, killedBy: null, timedOut: false, stdout: '', stderr: '', ...result };
    },
    ...changes,
  };
}

/** Node.js itself plays three parts: the package's install script, and the checks that binding and kernels compute. */
function toolName(command: string, args: readonly string[]): string {
  if (command !== process.execPath) {
    return command;
  }
  if (args[0] !== '-e') {
    return 'install';
  }
  return args.length > 4 ? 'verify kernels' : 'verify';
}
