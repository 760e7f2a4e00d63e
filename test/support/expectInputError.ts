import assert from 'node:assert/strict';
import { AdeptError } from '../../src/shared/common/errors';

/**
 * Runs something that has to fail for the person's fault: exit status 2 and one sentence that holds all of `parts`.
 */
export function expectInputError(run: () => unknown, ...parts: string[]): AdeptError {
  try {
    run();
  } catch (error) {
    return checked(error, parts);
  }
  throw nothing(parts);
}

/** As {@link expectInputError}, of something that takes its time. */
export async function expectInputRejection(work: Promise<unknown>, ...parts: string[]): Promise<AdeptError> {
  let failed: unknown;
  await work.catch((error: unknown) => {
    failed = error;
  });
  if (failed === undefined) {
    throw nothing(parts);
  }
  return checked(failed, parts);
}

function checked(error: unknown, parts: readonly string[]): AdeptError {
  assert.ok(error instanceof AdeptError, `not an AdeptError: ${String(error)}`);
  assert.equal(error.exitStatus, 2, error.message);
  for (const part of parts) {
    assert.ok(error.message.includes(part), `"${error.message}" does not hold "${part}"`);
  }
  assert.match(error.message, /: [^:]+[.)]$/, 'ends with what to do');
  return error;
}

function nothing(parts: readonly string[]): assert.AssertionError {
  return new assert.AssertionError({
    message: `nothing was thrown; expected an error with ${parts.join(', ')}`,
  });
}
