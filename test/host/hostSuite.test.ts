import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Editor } from '../e2e/support/editor';
import { unavailable } from '../e2e/support/provided';
import { HANG_MILLISECONDS } from '../support/hang';
import { projectRoot } from '../support/projectRoot';
import type { HostResult } from './suite';

const SUITE_MILLISECONDS = 2 * HANG_MILLISECONDS;

/** The complete lines of the results file; the last one may still be being written. */
function readResults(file: string): HostResult[] {
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .slice(0, -1)
        // Written by test/host/suite/index.ts of the same build.
        .map((line) => JSON.parse(line) as HostResult)
    : [];
}

async function runSuite(editor: Editor, file: string): Promise<HostResult[]> {
  const deadline = Date.now() + SUITE_MILLISECONDS;
  while (Date.now() < deadline) {
    const results = readResults(file);
    if (results.at(-1)?.type === 'end') {
      return results;
    }
    await setTimeout(200);
  }
  const picture = await editor.evidence('host-suite-hangs');
  throw new Error(
    `The suite did not end in ${SUITE_MILLISECONDS / 1000} s; so far:\n${JSON.stringify(readResults(file), null, 1)}\n${picture}\n${editor.serverLog()}`,
  );
}

describe('inside the extension host', { skip: unavailable() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'adept-host-'));
  const file = join(folder, 'results.ndjson');
  let editor: Editor;
  let results: HostResult[] = [];

  before(async () => {
    editor = await Editor.open({
      // Nobody looks at it, and every pixel is drawn by the processor; high enough for every icon of the activity bar.
      viewport: { width: 500, height: 600 },
      tests: join(projectRoot, 'out/test/host/suite/index.cjs'),
      settings: { 'security.workspace.trust.enabled': false },
      // A cache of texts of its own: one of its tests empties it, and asks what is in it then.
      env: { ADEPT_HOST_RESULTS: file, ADEPT_TEXT_CACHE: join(folder, 'texts') },
    });
    results = await runSuite(editor, file);
  });

  after(async () => {
    await editor.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('every test of the suite passes', async (t) => {
    for (const result of results) {
      if (result.type !== 'start' && result.type !== 'end') {
        await t.test(result.name, { skip: result.type === 'skip' }, () => {
          assert.notEqual(result.type, 'fail', result.type === 'fail' ? result.error : '');
        });
      }
    }
  });

  it('the driver of the window sees what the probe page does against its policy', () => {
    const directives = editor.problems.map((problem) => /(style|script|img)-src/.exec(problem)?.[1]);
    assert.deepEqual(directives.sort(), ['img', 'script', 'style'], editor.problems.join('\n'));
  });

  it('every test that the suite declares was reported: a hook that fails leaves out what it was for', () => {
    const [start] = results;
    assert.ok(start?.type === 'start');
    assert.ok(start.tests > 0);
    // Beside the first and the last line each is of a test.
    assert.equal(results.length - 2, start.tests);
  });
});
