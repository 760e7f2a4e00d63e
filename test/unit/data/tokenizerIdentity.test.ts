import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readJsonObject } from '../../../src/trainer/data/tokenizer/tokenizerFile';
import { tokenizerIdentity } from '../../../src/node/model/tokenizerIdentity';
import { projectRoot } from '../../support/projectRoot';
import { temporaryFolder } from '../../support/temporaryFolder';

describe('the identity of a tokenizer', () => {
  const model = join(projectRoot, 'media/sample/model');
  const copy = (t: TestContext): string => {
    const folder = join(temporaryFolder(t), 'copy');
    cpSync(model, folder, { recursive: true });
    return folder;
  };
  const change = (folder: string, name: string, changes: object): void => {
    const file = join(folder, name);
    writeFileSync(file, JSON.stringify({ ...readJsonObject(file, 'it'), ...changes }));
  };

  it('is that of a copy, with other layers too', (t) => {
    const folder = copy(t);
    change(folder, 'config.json', { num_hidden_layers: 12 });
    assert.equal(tokenizerIdentity(folder), tokenizerIdentity(model));
  });

  it('is another one where a file says something else', (t) => {
    const identities = [
      tokenizerIdentity(model),
      ...(
        [
          ['config.json', { eos_token_id: 5 }],
          ['tokenizer_config.json', { add_bos_token: true }],
          ['tokenizer.json', { version: '2.0' }],
        ] as const
      ).map(([name, changes]) => {
        const folder = copy(t);
        change(folder, name, changes);
        return tokenizerIdentity(folder);
      }),
    ];
    assert.equal(new Set(identities).size, identities.length);
  });

  it('needs no tokenizer', (t) => {
    assert.match(tokenizerIdentity(temporaryFolder(t)), /^[0-9a-f]{64}$/);
  });
});
