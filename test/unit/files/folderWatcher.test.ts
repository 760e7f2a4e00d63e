import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FolderWatcher } from '../../../src/node/files/folderWatcher';
import { temporaryFolder } from '../../support/temporaryFolder';

describe('a watcher of a folder', () => {
  it('tells once a second that something may have changed, until it is closed', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    let told = 0;
    // The system says nothing of a folder that is not there.
    const watcher = new FolderWatcher(join(temporaryFolder(t), 'missing'), () => {
      told += 1;
    });
    t.mock.timers.tick(999);
    assert.equal(told, 0);
    t.mock.timers.tick(1);
    assert.equal(told, 1);
    t.mock.timers.tick(2000);
    assert.equal(told, 3);
    watcher.close();
    t.mock.timers.tick(5000);
    assert.equal(told, 3);
  });

  it('tells of a file at once, also in a folder that was made later', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const folder = join(temporaryFolder(t), 'later');
    const changes = new EventEmitter();
    const watcher = new FolderWatcher(folder, () => changes.emit('change'));
    t.after(() => {
      watcher.close();
    });
    mkdirSync(folder);
    t.mock.timers.tick(1000);
    // No second passes any more: only the system can tell.
    const told = once(changes, 'change');
    writeFileSync(join(folder, 'new'), '');
    await told;
  });
});
