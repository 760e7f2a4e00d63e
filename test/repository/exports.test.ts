import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { projectRoot } from '../support/projectRoot';

const EXPORTED = /^export (?:async )?(?:abstract )?(?:function\*?|const|let|class) ([A-Za-z_$][\w$]*)/gm;

function sources(folder: string, ending: string): string[] {
  return readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(folder, path));
}

it('what the product exports is used by another file', () => {
  const product = [...sources('src', '.ts'), ...sources('webview', '.ts')];
  const all = [...product, ...sources('test', '.ts'), ...sources('scripts', '.mjs')];
  const texts = new Map(all.map((path) => [path, readFileSync(join(projectRoot, path), 'utf8')]));
  const files = new Map<string, number>();
  for (const text of texts.values()) {
    for (const word of new Set(text.match(/[A-Za-z_$][\w$]*/g))) {
      files.set(word, (files.get(word) ?? 0) + 1);
    }
  }
  const alone = product.flatMap((path) =>
    [...(texts.get(path) ?? '').matchAll(EXPORTED)]
      .map(([, name = '']) => name)
      .filter((name) => files.get(name) === 1)
      .map((name) => `${path}: ${name}`),
  );
  assert.deepEqual(alone, []);
  assert.ok(product.length > 300, 'the sources were found');
});
