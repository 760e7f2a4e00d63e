import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Host } from '../../src/trainer/engine/provision/host';
import type { RunOptions, RunResult } from '../../src/trainer/engine/provision/run';
import type { Wheel } from '../../src/trainer/engine/provision/wheels';

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

/** The tools of a machine on which the wheel route succeeds and the prebuilt route's host is unreachable. */
export function workingTools(): Record<string, Tool> {
  return {
    python3: (args) => {
      if (args.includes('download')) {
        return write(join(argumentAfter(args, '-d'), testWheel.file), wheelBytes);
      }
      const [, script = '', archive = '', target = ''] = args;
      return script.includes('ZipFile')
        ? write(join(target, 'tensorflow', 'libtensorflow_cc.so.2'), `from ${basename(archive)}`)
        : {};
    },
    'c++': (args) => (args.includes('-o') ? write(argumentAfter(args, '-o'), 'compiled') : {}),
    install: () => ({
      status: 1,
      stderr: 'events.js\n\nError: getaddrinfo ENOTFOUND storage.example\n    at lookup\n',
    }),
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
  const commands: string[] = [];
  return {
    commands,
    platform: 'linux',
    arch: 'x64',
    env: {},
    home: join(home, 'native'),
    glibcVersion: () => '2.36',
    freeBytes: () => Promise.resolve(1e12),
    sources: () => ({ package: sources, napiHeaders: sources, modules: sources }),
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

/** Node.js itself plays two parts: the package's install script, and the check that a binding computes. */
function toolName(command: string, args: readonly string[]): string {
  if (command !== process.execPath) {
    return command;
  }
  return args[0] === '-e' ? 'verify' : 'install';
}
