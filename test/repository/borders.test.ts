import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { parse } from 'jsonc-parser';
import ts from 'typescript';
import * as v from 'valibot';
import { projectRoot } from '../support/projectRoot';
import { temporaryFolder } from '../support/temporaryFolder';

const PROCESSES = [
  'src/shared',
  'src/node',
  'src/trainer',
  'src/trainer/tfjs',
  'src/cli',
  'src/extension',
  'webview',
  'test',
  'test/host',
  'test/host/suite',
  'test/host/page',
  'test/e2e',
  'test/webview',
] as const;

/** What a file of each process may not import, and what it may. Where nothing is installed nothing can be allowed. */
const BORDERS: Readonly<
  Record<Exclude<(typeof PROCESSES)[number], `test${string}`>, { forbidden: string[]; allowed: string[] }>
> = {
  'src/shared': { forbidden: ['vscode', '@tensorflow/tfjs-core', 'node:fs'], allowed: ['valibot'] },
  'src/node': { forbidden: ['vscode', '@tensorflow/tfjs-core'], allowed: ['node:fs', 'valibot'] },
  'src/trainer': { forbidden: ['vscode', '@tensorflow/tfjs-core'], allowed: ['node:fs', 'valibot'] },
  'src/trainer/tfjs': { forbidden: ['vscode'], allowed: ['@tensorflow/tfjs-core', 'node:fs'] },
  'src/cli': { forbidden: ['vscode'], allowed: ['commander', 'node:fs'] },
  'src/extension': {
    forbidden: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'],
    allowed: ['vscode', 'node:fs', 'valibot'],
  },
  webview: { forbidden: ['vscode', '@tensorflow/tfjs-core', 'node:fs'], allowed: ['valibot', 'lit'] },
};

function configOf(folder: string): ts.ParsedCommandLine {
  const file = join(projectRoot, folder, 'tsconfig.json');
  const { config } = ts.readConfigFile(file, (path) => readFileSync(path, 'utf8')) as { config: unknown };
  return ts.parseJsonConfigFileContent(config, ts.sys, dirname(file));
}

/** What oxlint says in JSON; lines count from 1. */
const Findings = v.object({
  diagnostics: v.array(
    v.object({
      code: v.string(),
      filename: v.string(),
      labels: v.array(v.object({ span: v.object({ line: v.number() }) })),
    }),
  ),
});

/** Writes files, by their paths below a folder. */
function writeFiles(folder: string, texts: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

interface CompilerError {
  readonly file: string;
  readonly text: string;
}

/** The errors of files, by their names, as the compiler of `npm run types` finds them with the options of a process. */
function compile(t: TestContext, owner: string, texts: Readonly<Record<string, string>>): CompilerError[] {
  // Inside the clone, where packages and their types are found.
  const folder = mkdtempSync(join(projectRoot, 'out', 'borders-'));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const config = { extends: join(projectRoot, owner, 'tsconfig.json'), include: ['*.ts'], exclude: [] };
  writeFiles(folder, { 'tsconfig.json': JSON.stringify(config), ...texts });
  const tsc = join(projectRoot, 'node_modules/typescript-native/bin/tsc');
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  assert.ok(status === 0 || stdout.includes('error TS'), stderr);
  return [...stdout.matchAll(/^(\S.*?)\(\d+,\d+\): (error TS.*(?:\n\s.*)*)/gm)].map(
    ([, file = '', text = '']) => ({
      file: resolve(folder, file),
      text,
    }),
  );
}

function importing(path: string): string {
  return `import * as module from '${path}';\nexport const used = module;\n`;
}

/** Every file with this ending that git would track. */
function sources(folder: string, ending: string): string[] {
  return readdirSync(join(projectRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sources(path, ending) : path.endsWith(ending) ? [path] : [];
  });
}

/** Which lines of files, by their paths in the clone, lint would refuse for what they import. */
function restricted(t: TestContext, imports: Readonly<Record<string, readonly string[]>>): Set<string> {
  const folder = temporaryFolder(t);
  // Without rules that read types, for which nothing is installed there.
  const config = {
    ...v.parse(
      v.record(v.string(), v.unknown()),
      parse(readFileSync(join(projectRoot, '.oxlintrc.json'), 'utf8')),
    ),
    options: {},
  };
  writeFiles(folder, { '.oxlintrc.json': JSON.stringify(config) });
  for (const [file, paths] of Object.entries(imports)) {
    writeFiles(folder, { [file]: paths.map((path) => `import '${path}';\n`).join('') });
  }
  const oxlint = join(projectRoot, 'node_modules/oxlint/bin/oxlint');
  const { stdout, stderr } = spawnSync(process.execPath, [oxlint, '-f', 'json', '.'], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  const { diagnostics } = v.parse(Findings, JSON.parse(stdout));
  return new Set(
    diagnostics
      .filter(({ code }) => code === 'eslint(no-restricted-imports)')
      .map(({ filename, labels: [label] }) => {
        const file = relative(folder, resolve(folder, filename));
        return `${file} ${imports[file]?.[(label?.span.line ?? 0) - 1] ?? 'none'}`;
      }),
  );
}

describe('borders between processes', () => {
  for (const [folder, { forbidden, allowed }] of Object.entries(BORDERS)) {
    it(`${folder} compiles with ${allowed.join(', ')}, and not with ${forbidden.join(', ')}`, (t) => {
      const names = [...forbidden, ...allowed];
      const errors = compile(
        t,
        folder,
        Object.fromEntries(names.map((name, index) => [`virtual${index}.ts`, importing(name)])),
      );
      for (const [index, name] of names.entries()) {
        const found = errors
          .filter(({ file }) => basename(file) === `virtual${index}.ts`)
          .map(({ text }) => text);
        if (allowed.includes(name)) {
          assert.deepEqual(found, []);
        } else {
          assert.ok(
            found.some((error) => error.includes('forbidden.d.ts')),
            `${name}: ${found.join('\n') || 'it compiled'}`,
          );
        }
      }
    });
  }

  it('what decides compiles with the interface of executors, and not with what has tensors', (t) => {
    // What has them is compiled with what imports it: there they cannot be found.
    const errorsWith = (path: string): string[] =>
      compile(t, 'src/trainer', { 'virtual.ts': importing(`../../src/trainer/${path}`) })
        .filter(({ file }) => file === join(projectRoot, 'src/trainer/tfjs/engine/tensor.ts'))
        .map(({ text }) => text);
    assert.deepEqual(errorsWith('executor/withModel'), []);
    for (const path of ['tfjs/tfjsModel', 'tfjs/engine/engine', 'openExecutor']) {
      const errors = errorsWith(path);
      assert.ok(
        errors.some((error) => error.includes('forbidden.d.ts')),
        `${path}: ${errors.join('\n') || 'it compiled'}`,
      );
    }
  });

  it('lint keeps what decides from every file of the executors, and one executor from the other', (t) => {
    const executors = [
      '../tfjs/model/rope',
      '../../tfjs/engine/provision',
      '../torch/torchModel',
      '@tensorflow/tfjs-core',
    ];
    const deciding = ['method', 'jobs/tune', 'data/store', 'checkpoint', 'executor'].map(
      (folder) => `src/trainer/${folder}/virtual.ts`,
    );
    const found = restricted(t, {
      ...Object.fromEntries(deciding.map((file) => [file, [...executors, '../executor/executor']])),
      'src/trainer/openExecutor.ts': ['./tfjs/tfjsExecutor', './torch/torchExecutor'],
      'src/trainer/torch/virtual.ts': ['../tfjs/tfjsModel'],
      'src/trainer/tfjs/model/virtual.ts': ['@tensorflow/tfjs-core'],
      'src/trainer/tfjs/engine/virtual.ts': ['@tensorflow/tfjs-core'],
    });
    assert.deepEqual(
      [...found].sort(),
      [
        ...deciding.flatMap((file) => executors.map((path) => `${file} ${path}`)),
        'src/trainer/torch/virtual.ts ../tfjs/tfjsModel',
        'src/trainer/tfjs/model/virtual.ts @tensorflow/tfjs-core',
      ].sort(),
    );
  });

  it('every TypeScript file belongs to exactly one process', () => {
    const files = ['src', 'webview', 'test']
      .flatMap((folder) => sources(folder, '.ts'))
      .filter((file) => file !== 'src/forbidden.d.ts');
    const owners = new Map(files.map((file) => [file, [] as string[]]));
    for (const folder of PROCESSES) {
      for (const file of configOf(folder).fileNames) {
        owners.get(relative(projectRoot, file))?.push(folder);
      }
    }
    for (const [file, processes] of owners) {
      assert.equal(processes.length, 1, `${file} belongs to ${processes.join(', ') || 'none'}`);
    }
    assert.ok(owners.size > 100);
  });

  it('what two processes share lies in folders by subject', () => {
    for (const folder of ['src/node', 'src/shared']) {
      const flat = readdirSync(join(projectRoot, folder)).filter((name) => name.endsWith('.ts'));
      assert.ok(flat.length <= 3, `${folder} holds ${flat.join(', ')}: each belongs to a subject`);
    }
  });

  it('every process is type-checked by `npm run types`', () => {
    const script = join(projectRoot, 'scripts/types.mjs');
    const checked = execFileSync(process.execPath, [script, '--list'], { encoding: 'utf8' });
    assert.deepEqual(checked.trim().split('\n'), [...PROCESSES].sort());
  });

  it('every test file is built, found by its name', () => {
    const script = join(projectRoot, 'scripts/test.mjs');
    const listed = execFileSync(process.execPath, [script, '--list'], { encoding: 'utf8' })
      .trim()
      .split('\n');
    // Those of the suite are not run one by one: the build bundles them for the extension host, as many as there are.
    const written = sources('test', '.test.ts').filter((file) => !file.startsWith('test/host/suite/'));
    assert.deepEqual(listed.sort(), written.sort());
    const built = sources('out/test', '.test.cjs').map((file) =>
      file.replace(/^out./, '').replace(/\.cjs$/, '.ts'),
    );
    const all = sources('test', '.test.ts');
    if (process.env.ADEPT_TEST_CHOSEN === undefined) {
      assert.deepEqual(built.sort(), all.sort());
    } else {
      // Only what was chosen is built.
      assert.deepEqual(
        built.filter((file) => !all.includes(file)),
        [],
      );
    }
  });
});
