import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../../../../shared/common/errors';
import type { Host } from './host';

/** The commands that the wheel route needs. */
export interface WheelTools {
  /** pip as a command line's beginning, for example `python3 -m pip`. */
  readonly pip: readonly [string, ...string[]];
  readonly python: string;
  /** A compiler of C++17 that finds its standard library. */
  readonly compiler: string;
}

const probeLimitMs = 60_000;

/** Finds every tool of the wheel route, or fails with one sentence that names all that are missing. */
export async function findWheelTools(host: Host, staging: string, signal?: AbortSignal): Promise<WheelTools> {
  const works = probe(host, signal);
  const python = await firstOf(['python3', 'python'], (command) =>
    works(command, '-c', 'import zipfile, zlib'),
  );
  const pip = await findPip(python, works);
  const compiler = await findCompiler(host, staging, signal);
  if (python !== undefined && pip !== undefined && compiler !== undefined) {
    return { python, pip, compiler };
  }
  const missing = [
    ...(python === undefined
      ? ['python3 (Debian, Ubuntu: "apt install python3"; Fedora: "dnf install python3")']
      : []),
    ...(pip === undefined
      ? ['pip of python3 (Debian, Ubuntu: "apt install python3-pip"; Fedora: "dnf install python3-pip")']
      : []),
    ...(compiler === undefined
      ? [
          'a working C++17 compiler, c++, g++ or clang++ (Debian, Ubuntu: "apt install g++"; Fedora: "dnf install gcc-c++")',
        ]
      : []),
  ];
  throw failure(
    `this machine lacks ${missing.join(' and ')}: install ${missing.length === 1 ? 'it' : 'them'} and run "adept setup" again`,
  );
}

type Works = (command: string, ...args: string[]) => Promise<boolean>;

function probe(host: Host, signal: AbortSignal | undefined): Works {
  return async (command, ...args) =>
    (await host.run(command, args, { signal, timeoutMs: probeLimitMs })).status === 0;
}

async function findPip(python: string | undefined, works: Works): Promise<[string, ...string[]] | undefined> {
  if (python !== undefined && (await works(python, '-m', 'pip', '--version'))) {
    return [python, '-m', 'pip'];
  }
  const alone = await firstOf(['pip3', 'pip'], (command) => works(command, '--version'));
  return alone === undefined ? undefined : [alone];
}

/** A compiler of C++17 that finds its standard library; `staging` is made where it does not exist. */
export async function findCompiler(
  host: Host,
  staging: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const own = host.env.CXX;
  const candidates = [...(own === undefined || own === '' ? [] : [own]), 'c++', 'g++', 'clang++'];
  // A compiler without its standard library answers --version too.
  await mkdir(staging, { recursive: true });
  const source = join(staging, 'probe.cc');
  await writeFile(
    source,
    '#include <string>\n#include <memory>\nint main() { return std::string().size(); }\n',
  );
  return firstOf(candidates, (command) =>
    probe(host, signal)(command, '-std=c++17', '-fsyntax-only', source),
  );
}

async function firstOf(
  candidates: readonly string[],
  works: (command: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const candidate of candidates) {
    if (await works(candidate)) {
      return candidate;
    }
  }
  return undefined;
}
