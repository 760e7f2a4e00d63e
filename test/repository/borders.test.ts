import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { ESLint, Linter } from 'eslint';
import ts from 'typescript';
import { projectRoot } from '../support/projectRoot';

const PROCESSES = [
  'src/shared',
  'src/node',
  'src/trainer',
  'src/trainer/tfjs',
  'src/cli',
  'src/extension',
  'webview',
  'test',
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

/** A program of virtual files, by their paths in the clone, with the options of a process. */
function programOf(folder: string, texts: ReadonlyMap<string, string>): ts.Program {
  const { options } = configOf(folder);
  const virtual = new Map([...texts].map(([path, text]) => [join(projectRoot, path), text]));
  const host = ts.createCompilerHost(options);
  const readSource = host.getSourceFile.bind(host);
  host.getSourceFile = (name, target) => {
    const text = virtual.get(resolve(name));
    return text === undefined ? readSource(name, target) : ts.createSourceFile(name, text, target);
  };
  const exists = host.fileExists.bind(host);
  host.fileExists = (name) => virtual.has(resolve(name)) || exists(name);
  return ts.createProgram([...virtual.keys()], options, host);
}

function errorsOf(program: ts.Program, file: ts.SourceFile | undefined): string[] {
  assert.ok(file);
  return ts
    .getPreEmitDiagnostics(program, file)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** The errors of virtual files in a process's folder, file by file: one program, since most of its time goes into libraries. */
function compile(folder: string, texts: readonly string[]): string[][] {
  const virtual = new Map(texts.map((text, index) => [join(folder, `virtual${index}.ts`), text] as const));
  const program = programOf(folder, virtual);
  return [...virtual.keys()].map((path) => errorsOf(program, program.getSourceFile(join(projectRoot, path))));
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

describe('borders between processes', () => {
  for (const [folder, { forbidden, allowed }] of Object.entries(BORDERS)) {
    it(`${folder} compiles with ${allowed.join(', ')}, and not with ${forbidden.join(', ')}`, () => {
      const errors = compile(folder, [...forbidden, ...allowed].map(importing));
      for (const [index, name] of forbidden.entries()) {
        const found = errors[index] ?? [];
        assert.ok(
          found.some(
            (error) => error.includes('forbidden.d.ts') || error.includes(`Cannot find name '${name}'`),
          ),
          `${name}: ${found.join('\n') || 'it compiled'}`,
        );
      }
      assert.deepEqual(errors.slice(forbidden.length).flat(), []);
    });
  }

  for (const folder of ['src/trainer/method', 'src/trainer/jobs/tune', 'src/trainer/checkpoint']) {
    it(`${folder} compiles with the interface of executors, and not with what has tensors`, () => {
      // What has them is compiled with what imports it: there they cannot be found.
      const errorsWith = (path: string): string[] => {
        const text = importing(`${relative(folder, 'src/trainer')}/${path}`);
        const program = programOf('src/trainer', new Map([[join(folder, 'virtual.ts'), text]]));
        const tensors = program
          .getSourceFiles()
          .find(({ fileName }) => fileName.endsWith('/src/trainer/tfjs/engine/tensor.ts'));
        return tensors === undefined ? [] : errorsOf(program, tensors);
      };
      assert.deepEqual(errorsWith('executor/withModel'), []);
      for (const path of ['tfjs/tfjsModel', 'tfjs/engine/engine', 'openExecutor']) {
        const errors = errorsWith(path);
        assert.ok(
          errors.some((error) => error.includes('forbidden.d.ts')),
          `${path}: ${errors.join('\n') || 'it compiled'}`,
        );
      }
    });
  }

  it('lint keeps what decides from every file of the executors, and one executor from the other', async () => {
    const lint = new ESLint({ cwd: projectRoot });
    const rule = 'no-restricted-imports';
    const restricts = async (file: string, path: string): Promise<boolean> => {
      const { rules } = (await lint.calculateConfigForFile(join(projectRoot, file))) as Linter.Config;
      const own = new Linter({ configType: 'flat' });
      const found = own.verify(`import '${path}';`, [{ rules: { [rule]: rules?.[rule] ?? 'off' } }]);
      return found.some(({ ruleId }) => ruleId === rule);
    };
    for (const folder of ['method', 'jobs/tune', 'data/store', 'checkpoint', 'executor']) {
      const file = `src/trainer/${folder}/virtual.ts`;
      assert.ok(await restricts(file, '../tfjs/model/rope'), folder);
      assert.ok(await restricts(file, '../../tfjs/engine/provision'), folder);
      assert.ok(await restricts(file, '../torch/torchModel'), folder);
      assert.ok(await restricts(file, '@tensorflow/tfjs-core'), folder);
      assert.ok(!(await restricts(file, '../executor/executor')), folder);
    }
    assert.ok(!(await restricts('src/trainer/openExecutor.ts', './tfjs/tfjsExecutor')));
    assert.ok(!(await restricts('src/trainer/openExecutor.ts', './torch/torchExecutor')));
    assert.ok(await restricts('src/trainer/torch/virtual.ts', '../tfjs/tfjsModel'));
    assert.ok(await restricts('src/trainer/tfjs/model/virtual.ts', '@tensorflow/tfjs-core'));
    assert.ok(!(await restricts('src/trainer/tfjs/engine/virtual.ts', '@tensorflow/tfjs-core')));
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
