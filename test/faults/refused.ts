import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { runAdept, runAdeptAgain, type Argument, type CommandOptions } from '../support/command';
import { assertRefused } from '../support/refusal';
import { treeDigest } from '../support/treeDigest';
import { temporaryFolder } from '../support/temporaryFolder';

/** A command that has to be refused, and what its one sentence has to hold: file, field, what to do. */
export interface Fault {
  readonly title: string;
  /** Makes the bad input in a folder of the test's own. */
  readonly args: (folder: string) => readonly Argument[];
  readonly says: readonly string[] | ((folder: string) => readonly string[]);
  readonly options?: CommandOptions;
  readonly skip?: string | false;
  readonly status?: number;
}

/** Runs a fault with --json, and checks that it is refused and nothing in its folder or `untouched` is another. */
export async function checkFault(t: TestContext, fault: Fault, untouched: string): Promise<void> {
  const folder = temporaryFolder(t);
  const args = fault.args(folder);
  const before = [treeDigest(folder), treeDigest(untouched)];
  const all = [...args, '--json'];
  const ended = fault.options === undefined ? await runAdeptAgain(all) : await runAdept(all, fault.options);
  const says = typeof fault.says === 'function' ? fault.says(folder) : fault.says;
  assertRefused(ended, says, fault.status);
  assert.deepEqual([treeDigest(folder), treeDigest(untouched)], before, 'something was touched');
  rmSync(folder, { recursive: true, force: true });
}
