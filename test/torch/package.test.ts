import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { it } from 'node:test';
import { LOADED_PYTHON } from '../support/loadedPython';
import { projectRoot } from '../support/projectRoot';
import { TORCH_ENV, TORCH_MISSING, TORCH_PYTHON } from '../support/torchPython';

/** Why pytest cannot run. */
function missing(): string | false {
  if (TORCH_MISSING !== false) {
    return TORCH_MISSING;
  }
  const { status } = spawnSync(TORCH_PYTHON, ['-m', 'pytest', '--version'], { stdio: 'ignore' });
  return status !== 0 && `${TORCH_PYTHON} has no pytest (test/parity/requirements.txt)`;
}

it('the tests of python/ pass', { skip: missing() }, () => {
  const { status, stdout, stderr } = spawnSync(LOADED_PYTHON, ['-m', 'pytest', '-q', '--color=no'], {
    ...{ cwd: join(projectRoot, 'python'), encoding: 'utf8', maxBuffer: 2 ** 26 },
    env: { ...process.env, ...TORCH_ENV, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const said = stdout.trim().split('\n').at(-1) ?? '';
  process.stderr.write(`python/: ${said}\n`);
  assert.equal(status, 0, `${stdout}\n${stderr}`);
  const [, passed] = /(\d+) passed/.exec(said) ?? [];
  assert.ok(Number(passed) > 40, said);
});
