import { AdeptError } from '../../../shared/common/errors';

/** What comes over the wire is not the protocol. The message says what it is instead. */
export class WireError extends AdeptError {
  constructor(what: string) {
    super(`The torch executor does not keep to the protocol: ${what}.`, 'failure');
  }
}
