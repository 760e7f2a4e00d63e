import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readRunTarget } from '../../../src/node/job/runConfigFile';
import { hubCache, modelFolderOf } from '../../../src/node/model/hubCache';
import { findModels } from '../../../src/node/model/modelFolder';
import { expectInputError } from '../../support/expectInputError';
import { temporaryFolder } from '../../support/temporaryFolder';

const COMMIT = 'da87bfb608c14b7cf20ba1ce41287e8de496c0cd';
const OLDER = '1111111111111111111111111111111111111111';
const FILES = ['config.json', 'model.safetensors'];

function write(file: string, content = '{}'): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** Sets HF_HUB_CACHE for a test to a cache of its own. */
function ownCache(t: TestContext): string {
  const cache = temporaryFolder(t);
  const before = process.env.HF_HUB_CACHE;
  process.env.HF_HUB_CACHE = cache;
  t.after(() => {
    if (before === undefined) {
      delete process.env.HF_HUB_CACHE;
    } else {
      process.env.HF_HUB_CACHE = before;
    }
  });
  return cache;
}

/** Puts a snapshot into a cache, as huggingface_hub does: its files are links into blobs. */
function addSnapshot(cache: string, commit: string, files: readonly string[], main: boolean): string {
  const repository = join(cache, 'models--org--small');
  const snapshot = join(repository, 'snapshots', commit);
  for (const name of files) {
    write(join(repository, 'blobs', `${commit}-${name}`));
    mkdirSync(snapshot, { recursive: true });
    symlinkSync(join('..', '..', 'blobs', `${commit}-${name}`), join(snapshot, name));
  }
  if (main) {
    write(join(repository, 'refs', 'main'), commit);
  }
  return snapshot;
}

describe('the local Hub cache', () => {
  it('lies where huggingface_hub has it', () => {
    const home = homedir();
    for (const [environment, folder] of [
      [{}, join(home, '.cache/huggingface/hub')],
      [{ XDG_CACHE_HOME: '/x' }, '/x/huggingface/hub'],
      [{ XDG_CACHE_HOME: '/x', HF_HOME: '~/hf' }, join(home, 'hf/hub')],
      [{ HF_HOME: '/hf', HF_HUB_CACHE: '/cache' }, '/cache'],
      [{ HF_HOME: '/hf', HUGGINGFACE_HUB_CACHE: '/older' }, '/older'],
      [{ HF_HOME: '/hf', HF_HUB_CACHE: '' }, '/hf/hub'],
    ] as const) {
      assert.equal(hubCache(environment), resolve(folder));
    }
  });

  it('gives the snapshot of main for org/name, and for the folder of the repository', (t) => {
    const cache = ownCache(t);
    addSnapshot(cache, OLDER, FILES, false);
    const snapshot = addSnapshot(cache, COMMIT, FILES, true);
    assert.equal(modelFolderOf('org/small', '--model'), snapshot);
    assert.equal(modelFolderOf(join(cache, 'models--org--small'), '--model'), snapshot);
    assert.equal(modelFolderOf(snapshot, '--model'), snapshot);
    // A folder of models of the extension's settings may be the cache.
    assert.ok(findModels(cache, 3).includes(snapshot));
  });

  it('gives the only snapshot where nothing is called main, and refuses several', (t) => {
    const cache = ownCache(t);
    addSnapshot(cache, OLDER, ['config.json'], false);
    const snapshot = addSnapshot(cache, COMMIT, FILES, false);
    assert.equal(modelFolderOf('org/small', '--model'), snapshot);
    addSnapshot(cache, OLDER.replace('1', '2'), FILES, false);
    expectInputError(
      () => modelFolderOf('org/small', '--model'),
      'several revisions',
      dirname(snapshot),
      'hf download',
    );
  });

  it('never stands before a folder of that name', (t) => {
    addSnapshot(ownCache(t), COMMIT, FILES, true);
    const here = temporaryFolder(t);
    mkdirSync(join(here, 'org/small'), { recursive: true });
    assert.equal(modelFolderOf('org/small', '--model', here), join(here, 'org/small'));
  });

  it('that lacks a model, or a part of it, says how to get it', (t) => {
    const cache = ownCache(t);
    expectInputError(
      () => modelFolderOf('org/small', '--model'),
      '--model: org/small',
      cache,
      'hf download org/small',
    );
    const snapshot = addSnapshot(cache, COMMIT, ['config.json', 'tokenizer.json'], true);
    const refused = (missing: string): void => {
      expectInputError(
        () => modelFolderOf('org/small', '--model'),
        '--model: org/small',
        missing,
        'hf download org/small',
      );
    };
    refused('without weights');
    // As a pruned cache has it: the link stays, what it leads to is gone.
    symlinkSync('../../blobs/gone', join(snapshot, 'model.safetensors'));
    refused('without weights');
    rmSync(join(cache, 'models--org--small', 'blobs', `${COMMIT}-config.json`));
    refused('without config.json');
    write(join(cache, 'models--org--small', 'refs', 'main'), '../../../elsewhere');
    refused('without config.json');
  });

  it('leaves paths that are no org/name to whoever reads them', (t) => {
    ownCache(t);
    for (const path of ['./org/small', 'a/b/c', 'model', '/nowhere/model']) {
      assert.equal(modelFolderOf(path, '--model', '/base'), resolve('/base', path));
    }
  });

  it('serves the model of a *.adept.json too', (t) => {
    const snapshot = addSnapshot(ownCache(t), COMMIT, FILES, true);
    const file = join(temporaryFolder(t), 'x.adept.json');
    const texts = { probe: ['p.txt'], domain: ['d.txt'], out: 'run', tune: { steps: 1, learningRate: 1e-4 } };
    write(file, JSON.stringify({ model: 'org/small', ...texts }));
    assert.equal(readRunTarget(file).model, snapshot);
    write(file, JSON.stringify({ model: 'org/other', ...texts }));
    expectInputError(() => readRunTarget(file), file, '"model"', 'hf download org/other');
  });
});
