import { AdeptError } from '../../shared/common/errors';

/** A trainer that cannot be reached, went away, or did not answer in time. */
export class NoAnswer extends AdeptError {
  constructor(message: string, cause?: unknown) {
    super(message, 'failure', cause === undefined ? undefined : { cause });
  }
}
