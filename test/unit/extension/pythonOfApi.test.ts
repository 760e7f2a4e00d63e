import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pythonOfApi } from '../../../src/extension/engines/pythonOfApi';
import { activePython } from '../../../src/node/engines/pythonPath';
import { temporaryFolder } from '../../support/temporaryFolder';

describe('the Python that others have chosen', () => {
  it('is what the Python extension names: an interpreter or its environment', (t) => {
    const folder = temporaryFolder(t);
    const python = join(folder, 'bin', 'python');
    mkdirSync(join(folder, 'bin'));
    writeFileSync(python, '');
    const naming = (answer: unknown): unknown => ({
      environments: {
        path: answer,
        getActiveEnvironmentPath(): unknown {
          return this.path;
        },
      },
    });
    assert.equal(pythonOfApi(naming({ id: 'a', path: folder })), python);
    assert.equal(pythonOfApi(naming({ id: 'a', path: python })), python);
    for (const answer of [
      undefined,
      null,
      'python',
      { id: 'a' },
      { path: 7 },
      { path: join(folder, 'gone') },
    ]) {
      assert.equal(pythonOfApi(naming(answer)), undefined, JSON.stringify(answer));
    }
    for (const api of [
      undefined,
      {},
      { environments: {} },
      { environments: { getActiveEnvironmentPath: 1 } },
    ]) {
      assert.equal(pythonOfApi(api), undefined, JSON.stringify(api));
    }
    assert.equal(activePython({ VIRTUAL_ENV: join(folder, 'gone'), CONDA_PREFIX: folder }), python);
    assert.equal(activePython({ VIRTUAL_ENV: '' }), undefined);
  });
});
