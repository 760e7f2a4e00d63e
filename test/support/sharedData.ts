import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/**
 * A path below the data folder that lies beside the project, which not every machine has.
 * @returns undefined after marking the test as skipped, with the reason, where it is missing
 */
export function sharedData(t: TestContext, ...parts: string[]): string | undefined {
  return shared(t, 'data', parts);
}

/** The same below the folder of cases, inputs that were met in use. */
export function sharedCase(t: TestContext, ...parts: string[]): string | undefined {
  return shared(t, 'cases', parts);
}

function shared(t: TestContext, folder: string, parts: readonly string[]): string | undefined {
  const path = join(process.cwd(), '..', 'shared', folder, ...parts);
  if (existsSync(path)) {
    return path;
  }
  t.skip(`the shared ${folder} folder has no ${parts.join('/')} on this machine`);
  return undefined;
}
