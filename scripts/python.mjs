// The Python of the parity tests: a virtual environment in .cache/python with test/parity/requirements.txt, made once.
//
//   ADEPT_PYTHON=/path/to/python   uses that one as it is, if it has the packages
//   ADEPT_PARITY=golden            uses none: the committed golden values stand in
//
// Run alone, it prints the interpreter's path.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const requirements = join(root, 'test/parity/requirements.txt');
const folder = join(root, '.cache/python');
const marker = join(folder, '.adept-ready');
const windows = process.platform === 'win32';
const interpreter = windows ? join(folder, 'Scripts/python.exe') : join(folder, 'bin/python');

/** What torch, its dependencies and pip's own downloads take at most, with CUDA where a platform's wheels carry it. */
const DISK_BYTES = 7e9;
const INSTALL_LIMIT_MS = 15 * 60_000;
const OLDEST = [3, 10];
const PACKAGES = ['torch', 'transformers', 'safetensors', 'numpy'];
/** Imports what the processes of the tests do, which write no bytecode themselves: what comes with a model only when it is used, too. */
const WARM = `
import adept_torch.start, numpy, pytest, torch, torch.distributed.run, transformers
from transformers import LlamaConfig, LlamaForCausalLM, get_scheduler
sizes = dict(vocab_size=8, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1)
model = LlamaForCausalLM(LlamaConfig(**sizes, bos_token_id=0, eos_token_id=1, pad_token_id=0))
tokens = torch.ones(1, 2, dtype=torch.long)
model(input_ids=tokens, labels=tokens).loss.backward()
torch.optim.AdamW(model.parameters()).step()
model.generate(tokens, max_new_tokens=1)
`;
/** A person may have turned it off for everything. */
const WITH_BYTECODE = { PYTHONDONTWRITEBYTECODE: '' };
/** Most modules of PyTorch and transformers are never imported here: to compile all of them takes longer than to install them. */
const PIP_OPTIONS = ['--no-input', '--retries', '2', '--no-compile'];

/**
 * The interpreter that the parity tests run, or why there is none. Never throws for what a machine lacks.
 * @returns {Promise<{python: string} | {reason: string}>}
 */
export async function ensurePython() {
  if (process.env.ADEPT_PARITY === 'golden') {
    return { reason: 'ADEPT_PARITY=golden' };
  }
  const given = process.env.ADEPT_PYTHON;
  if (given) {
    const problem = importProblem(given);
    return problem === undefined ? { python: given } : { reason: `ADEPT_PYTHON=${given}: ${problem}` };
  }
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const ready = () =>
    existsSync(marker) && readFileSync(marker, 'utf8') === wanted && lacksPackages(interpreter) === undefined;
  if (ready()) {
    return { python: interpreter };
  }
  let problem;
  await withLock(join(root, '.cache/python.lock'), async () => {
    problem = ready() ? undefined : await install(wanted);
  });
  return problem === undefined ? { python: interpreter } : { reason: problem };
}

/**
 * The same interpreter, where it is there already: nothing is installed.
 * @returns {string | undefined}
 */
export function installedPython() {
  const given = process.env.ADEPT_PYTHON || process.env.ADEPT_PARITY_PYTHON;
  return given || (existsSync(interpreter) ? interpreter : undefined);
}

/** @param {string} wanted what the marker says once everything is there @returns {Promise<string | undefined>} */
async function install(wanted) {
  mkdirSync(dirname(folder), { recursive: true });
  const { bavail, bsize } = statfsSync(dirname(folder));
  if (bavail * bsize < DISK_BYTES) {
    return `torch needs up to ${DISK_BYTES / 1e9} GB in ${folder}, ${((bavail * bsize) / 1e9).toFixed(1)} GB are free`;
  }
  const base = basePython();
  if (base === undefined) {
    return `no Python ${OLDEST.join('.')} or newer: looked for ${candidates().join(', ')}`;
  }
  process.stderr.write(`installing Python packages for the parity tests into ${folder} (pip)\n`);
  // What is interrupted from here on is not ready.
  rmSync(marker, { force: true });
  // One that works and lacks something gets that only.
  const works = importProblem(interpreter) === undefined && (await hasPip());
  const pip = works ? [interpreter, '-m', 'pip'] : await makeEnvironment(base);
  if (typeof pip === 'string') {
    return pip;
  }
  const problem =
    (await runCommand([...pip, 'install', ...PIP_OPTIONS, '-r', requirements])) ??
    (await runCommand([interpreter, '-c', WARM], { cwd: join(root, 'python'), env: WITH_BYTECODE }));
  if (problem !== undefined) {
    if (!works) {
      rmSync(folder, { recursive: true, force: true });
    }
    return problem;
  }
  writeFileSync(marker, wanted);
  return undefined;
}

/**
 * Debian splits ensurepip from Python: where only pip itself is there, it installs from outside.
 * @param {string} base
 * @returns {Promise<string[] | string>} the pip command, or the problem
 */
async function makeEnvironment(base) {
  rmSync(folder, { recursive: true, force: true });
  const whole = await runCommand([base, '-m', 'venv', folder]);
  if (whole === undefined) {
    return [interpreter, '-m', 'pip'];
  }
  rmSync(folder, { recursive: true, force: true });
  const bare = await runCommand([base, '-m', 'venv', '--without-pip', folder]);
  const outside = [base, '-m', 'pip', '--python', interpreter];
  return bare === undefined && (await runCommand([...outside, '--version'])) === undefined
    ? outside
    : `${base} -m venv failed (${whole}); on Debian and Ubuntu, install python3-venv`;
}

async function hasPip() {
  return (await runCommand([interpreter, '-m', 'pip', '--version'])) === undefined;
}

function candidates() {
  return windows
    ? ['python', 'py']
    : ['python3', 'python', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
}

/** @returns {string | undefined} the first Python that is new enough */
function basePython() {
  return candidates().find((name) => {
    const check = `import sys; sys.exit(0 if sys.version_info >= (${OLDEST.join(', ')}) else 1)`;
    return spawnSync(name, ['-c', check], { stdio: 'ignore' }).status === 0;
  });
}

/** @param {string} python @returns {string | undefined} why it does not do */
function importProblem(python) {
  return problemOf(python, `import ${PACKAGES.join(', ')}`);
}

/** Looks without the seconds that their import takes. @param {string} python @returns {string | undefined} why it does not do */
function lacksPackages(python) {
  const names = PACKAGES.map((name) => `'${name}'`).join(', ');
  const script = `import importlib.util as u, sys\nsys.exit(' '.join(n for n in (${names}) if u.find_spec(n) is None) or 0)`;
  return problemOf(python, script);
}

/** @param {string} python @param {string} script @returns {string | undefined} why it fails */
function problemOf(python, script) {
  const { status, error, stderr } = spawnSync(python, ['-c', script], { encoding: 'utf8' });
  return status === 0 ? undefined : `cannot import the packages: ${error?.message ?? lastLine(stderr)}`;
}

/**
 * Output goes to stderr as it comes. Ends at the time limit.
 * @param {string[]} command
 * @param {{ cwd?: string, env?: Record<string, string> }} [options]
 * @returns {Promise<string | undefined>} the problem
 */
function runCommand(command, { cwd = root, env = {} } = {}) {
  const [program = '', ...args] = command;
  return new Promise((resolve) => {
    let tail = '';
    const child = spawn(program, args, {
      cwd,
      stdio: ['ignore', process.stderr, 'pipe'],
      timeout: INSTALL_LIMIT_MS,
      env: { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_PROGRESS_BAR: 'off', ...env },
    });
    child.stderr.on('data', (chunk) => {
      process.stderr.write(chunk);
      tail = (tail + chunk).slice(-4000);
    });
    child.on('error', (error) => resolve(`${program}: ${error.message}`));
    child.on('close', (code, signal) => {
      const how =
        signal === null
          ? `exit status ${code}`
          : `ended by ${signal} after at most ${INSTALL_LIMIT_MS / 60_000} minutes`;
      resolve(code === 0 ? undefined : `${args.slice(0, 3).join(' ')}: ${how}: ${lastLine(tail)}`);
    });
  });
}

/** @param {string} text */
function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? '';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = await ensurePython();
  if ('reason' in found) {
    process.stderr.write(`adept: no Python for the parity tests: ${found.reason}\n`);
    process.exit(1);
  }
  console.log(found.python);
}
