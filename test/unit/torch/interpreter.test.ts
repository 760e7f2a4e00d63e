import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { autoEngine } from '../../../src/node/engines/autoEngine';
import { inspectTorchInstall, readTorchInstall } from '../../../src/node/engines/torchInstall';
import { AdeptError } from '../../../src/shared/common/errors';
import { REQUIREMENTS } from '../../../src/trainer/torch/interpreter/inspect';
import { activePython } from '../../../src/node/engines/pythonPath';
import { provisionTorch } from '../../../src/trainer/torch/interpreter/provision';
import { completeInstall, requirePython } from '../../../src/trainer/torch/interpreter/remembered';
import { projectRoot } from '../../support/projectRoot';
import { temporaryFolder } from '../../support/temporaryFolder';

const COMPUTE = { device: 'CPU', gpus: 0, cuda: null, metal: false, bfloat16: false };
const USABLE = { python: '3.12.1', problems: [], versions: { torch: '2.9.0' }, compute: COMPUTE };

/** A program that says this to whatever it is asked. */
function saying(file: string, text: string, status = 0): string {
  writeFileSync(
    file,
    `#!${process.execPath}\nprocess.${status === 0 ? 'stdout' : 'stderr'}.write(${JSON.stringify(text)} + '\\n', () => process.exit(${status}));\n`,
  );
  chmodSync(file, 0o755);
  return file;
}

/** The environment of this process, for one test. */
function environment(t: TestContext, changes: Readonly<Record<string, string>>): string {
  const home = temporaryFolder(t);
  for (const [name, value] of Object.entries({
    ADEPT_HOME: home,
    VIRTUAL_ENV: '',
    CONDA_PREFIX: '',
    ...changes,
  })) {
    const before = process.env[name];
    process.env[name] = value;
    t.after(() => {
      if (before === undefined) {
        Reflect.deleteProperty(process.env, name);
      } else {
        process.env[name] = before;
      }
    });
  }
  return home;
}

function setUp(python?: string, lines: string[] = [], own = false): ReturnType<typeof provisionTorch> {
  const { signal } = new AbortController();
  return provisionTorch({ python, own, signal, onProgress: (line) => lines.push(line) });
}

async function refused(work: Promise<unknown>): Promise<string> {
  let failed: unknown;
  await work.catch((error: unknown) => {
    failed = error;
  });
  assert.ok(failed instanceof AdeptError, String(failed));
  return failed.message;
}

describe(
  'the Python of the torch engine',
  { skip: process.platform === 'win32' && 'Windows has none' },
  () => {
    it('is the one that was given, and is remembered', async (t) => {
      const home = environment(t, {});
      assert.throws(requirePython, /PyTorch is not set up: run "adept setup --torch"/);
      const python = saying(join(home, 'python'), JSON.stringify(USABLE));
      assert.deepEqual(await setUp(python), {
        ...{ interpreter: python, python: '3.12.1', versions: USABLE.versions },
        ...COMPUTE,
      });
      assert.equal(requirePython(), python);
      const file = join(home, 'torch', 'torch.json');
      const facts = { python: '3.12.1', versions: USABLE.versions, ...COMPUTE };
      assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {
        ...{ format: 'adept.torch/2', python, found: facts },
      });
      assert.deepEqual(inspectTorchInstall(), { install: { interpreter: python, facts } });
      // Without naming it, it is used again.
      assert.equal((await setUp()).interpreter, python);
      writeFileSync(file, '{"format":"adept.torch/2","python":"/a"}');
      assert.throws(readTorchInstall, /torch\.json .*"found" is missing/);
      assert.match(inspectTorchInstall().problem ?? '', /"found" is missing/);
      writeFileSync(file, '{"format":"adept.torch/1","python":"/nowhere/python"}');
      assert.throws(requirePython, /\/nowhere\/python, .* is gone/);
      assert.match(inspectTorchInstall().problem ?? '', /\/nowhere\/python, .* is gone/);
    });

    it('that an earlier version remembered is asked once what it has, and auto is torch where that is a GPU', async (t) => {
      const home = environment(t, { ADEPT_DEVICE: '' });
      const compute = { ...COMPUTE, device: 'H200', gpus: 2, cuda: '12.8', bfloat16: true };
      const python = saying(join(home, 'python'), JSON.stringify({ ...USABLE, compute }));
      mkdirSync(join(home, 'torch'));
      writeFileSync(join(home, 'torch', 'torch.json'), JSON.stringify({ format: 'adept.torch/1', python }));
      assert.deepEqual(readTorchInstall(), { interpreter: python });
      assert.equal(autoEngine(), 'wasm');
      await completeInstall();
      assert.equal(readTorchInstall()?.facts?.gpus, 2);
      assert.equal(autoEngine(), 'torch');
      process.env.ADEPT_DEVICE = 'cpu';
      assert.equal(autoEngine(), 'wasm');
      process.env.ADEPT_DEVICE = '';
      // Gone since: what is there computes.
      rmSync(python);
      assert.equal(autoEngine(), 'wasm');
    });

    it('needs what the package says that it needs', () => {
      const said = readFileSync(join(projectRoot, 'python/pyproject.toml'), 'utf8');
      assert.ok(said.includes(`dependencies = ${JSON.stringify(REQUIREMENTS).replaceAll(',', ', ')}`));
    });

    it('is that of an active environment, if none is given', async (t) => {
      const folder = temporaryFolder(t);
      mkdirSync(join(folder, 'bin'));
      const python = saying(join(folder, 'bin', 'python'), JSON.stringify(USABLE));
      environment(t, { VIRTUAL_ENV: folder });
      assert.equal((await setUp()).interpreter, python);
      assert.equal(activePython({ VIRTUAL_ENV: '/nowhere', CONDA_PREFIX: folder }), python);
      assert.equal(activePython({}), undefined);
    });

    it('is refused for what it lacks, with the line that installs it, and not remembered', async (t) => {
      const home = environment(t, {});
      const problems = ['torch 2.8 or newer', 'safetensors 0.4 or newer'];
      const python = saying(join(home, 'python'), JSON.stringify({ ...USABLE, problems, compute: null }));
      assert.equal(
        await refused(setUp(python)),
        `${python} (Python 3.12.1) lacks torch 2.8 or newer and safetensors 0.4 or newer: run ${python} -m pip install "torch>=2.8" "transformers>=5.0" "safetensors>=0.4", or choose another Python.`,
      );
      assert.match(
        await refused(setUp(saying(join(home, 'a'), 'no module', 1))),
        /is no Python .*\(no module\)/,
      );
      assert.match(await refused(setUp(saying(join(home, 'b'), 'hello'))), /did not answer as a Python does/);
      assert.match(await refused(setUp('/nowhere/python')), /is no Python .*ENOENT/);
      assert.equal(readTorchInstall(), undefined);
    });

    it('is one of its own where there is no other; half an environment is not left behind', async (t) => {
      const tools = temporaryFolder(t);
      const home = environment(t, { PATH: `${tools}${delimiter}${process.env.PATH ?? ''}` });
      const own = join(home, 'torch', 'environment');
      const makes = (pip: number): void => {
        // Makes a Python that answers to pip with a status, and to all else as a usable one does.
        const made = `#!${process.execPath}\nif (process.argv.includes('pip')) { console.log('Collecting torch'); console.error('no network'); process.exit(${pip}); }\nconsole.log(${JSON.stringify(JSON.stringify(USABLE))});\n`;
        writeFileSync(
          join(tools, 'python3'),
          `#!${process.execPath}\nconst { mkdirSync, writeFileSync } = require('node:fs');\nconst folder = process.argv.at(-1);\nmkdirSync(folder + '/bin', { recursive: true });\nwriteFileSync(folder + '/bin/python', ${JSON.stringify(made)}, { mode: 0o755 });\n`,
        );
        chmodSync(join(tools, 'python3'), 0o755);
      };
      makes(1);
      assert.match(
        await refused(setUp()),
        /-m pip install failed \(no network\): choose a Python that has PyTorch/,
      );
      assert.ok(!existsSync(own));
      assert.equal(readTorchInstall(), undefined);
      makes(0);
      const lines: string[] = [];
      assert.equal((await setUp(undefined, lines)).interpreter, join(own, 'bin', 'python'));
      assert.ok(lines.includes('Collecting torch'), lines.join());
      assert.equal(readTorchInstall()?.interpreter, join(own, 'bin', 'python'));
      assert.ok(!existsSync(join(home, 'torch', 'lock')));
      // One that is active is used, unless one of its own is asked for.
      const active = temporaryFolder(t);
      mkdirSync(join(active, 'bin'));
      process.env.VIRTUAL_ENV = active;
      const python = saying(join(active, 'bin', 'python'), JSON.stringify(USABLE));
      assert.equal((await setUp()).interpreter, python);
      assert.equal((await setUp(undefined, [], true)).interpreter, join(own, 'bin', 'python'));
    });
  },
);
