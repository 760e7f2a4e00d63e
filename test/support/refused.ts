import assert from 'node:assert/strict';
import { AdeptError } from '../../src/shared/common/errors';

/** The error for people that work fails with. */
export async function refused(work: Promise<unknown>): Promise<AdeptError> {
  let failed: unknown;
  await work.catch((error: unknown) => {
    failed = error;
  });
  assert.ok(failed instanceof AdeptError, `refused with ${String(failed)}`);
  return failed;
}
