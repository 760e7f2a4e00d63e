import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import * as v from 'valibot';
import { textsOf } from '../support/reading';

const folder = join(process.cwd(), '..', 'shared', 'cases', 'texts');

function sharedText(t: TestContext, name: string): string | undefined {
  const path = join(folder, name);
  if (existsSync(path)) {
    return path;
  }
  t.skip(`the shared cases have no texts/${name} on this machine`);
  return undefined;
}

/** The documents of plain.jsonl, read in the simplest way that there is. */
function reference(): string[] {
  const lines = readFileSync(join(folder, 'plain.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => v.parse(v.object({ text: v.string() }), JSON.parse(line)).text);
}

describe('the shared cases', () => {
  const SAME = ['plain.jsonl', 'members.jsonl.gz', 'frames.jsonl.zst', 'window.jsonl.zst', 'content.jsonl'];
  for (const name of SAME) {
    it(`${name} has the documents of plain.jsonl`, async (t) => {
      const file = sharedText(t, name);
      if (file !== undefined) {
        assert.deepEqual(await textsOf(file), reference());
      }
    });
  }
});
