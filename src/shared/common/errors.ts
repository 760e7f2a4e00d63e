/** The exit status each kind of failure ends with: 2 for wrong usage or bad input, 1 for everything else. */
export type FailureKind = 'input' | 'failure';

/**
 * An error written for the person who caused or met it: one sentence that says what is wrong, where (file and
 * field), and what to do about it. Anything else that is thrown is a defect of this program.
 */
export class AdeptError extends Error {
  override readonly name = 'AdeptError';

  constructor(
    message: string,
    readonly kind: FailureKind = 'input',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get exitStatus(): 1 | 2 {
    return this.kind === 'input' ? 2 : 1;
  }
}

/** Wrong usage or bad input: exit status 2. */
export function inputError(message: string, cause?: unknown): AdeptError {
  return new AdeptError(message, 'input', cause === undefined ? undefined : { cause });
}

/** Something that went wrong while working on good input: exit status 1. */
export function failure(message: string, cause?: unknown): AdeptError {
  return new AdeptError(message, 'failure', cause === undefined ? undefined : { cause });
}

/** The message of anything that can be thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
