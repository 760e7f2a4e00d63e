import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { projectRoot } from '../support/projectRoot';

/** What looks like a path of the repository: not of a run folder, and not of what a build makes. */
const PATH = /^\.?[\w-]+(\/[\w.-]+)+\/?$/;
const SOURCE = /\.(ts|mjs|css|cc|py)$/;
const MADE = /^(out|node_modules|\.cache)\//;

/** Paths in backticks, without what blocks of code hold. */
function pathsOf(page: string): string[] {
  const folders = new Set(
    readdirSync(projectRoot, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    ),
  );
  return [...page.replace(/^```[^]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)]
    .map(([, text = '']) => text)
    .filter((text) => PATH.test(text) && !MADE.test(text))
    .filter((text) => folders.has(text.split('/')[0] ?? '') || SOURCE.test(text));
}

/** A path that stands for several, such as webview/NAME/main.ts, ends before what is to be named. */
function certainPart(path: string): string {
  return path.replace(/\/[^/]*NAME.*$/, '');
}

for (const page of ['docs/architecture.md', 'CONTRIBUTING.md']) {
  describe(page, () => {
    const paths = pathsOf(readFileSync(join(projectRoot, page), 'utf8'));

    it('names files that exist', () => {
      assert.deepEqual(
        paths.filter((path) => !existsSync(join(projectRoot, certainPart(path)))),
        [],
      );
      assert.ok(paths.length > 10, `${page} names ${paths.length} paths`);
    });
  });
}
