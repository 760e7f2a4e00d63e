import assert from 'node:assert/strict';
import { it } from 'node:test';
import { tabTitle } from '../../../src/extension/window/tabTitle';

it('a tab has a title of at most 30 characters, and keeps what it says of progress', () => {
  assert.equal(tabTitle('Run notes', ' · 45%'), 'Run notes · 45%');
  const long = 'Importance: SmolLM2-135M-Instruct-20261128-203105.json';
  assert.equal(tabTitle(long), 'Importance: SmolLM2-135M-Inst…');
  assert.equal(tabTitle(long).length, 30);
  assert.equal(tabTitle('Run clinical-notes-with-replay-2', ' · 100%'), 'Run clinical-notes-wit… · 100%');
});
