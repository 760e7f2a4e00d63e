import type { RowReading } from './requests';

/** What a row reads, of a model that does not read ahead. */
export function onlyToken({ tokens: [token, ...more], forget }: RowReading): number {
  if (token === undefined || more.length > 0 || forget !== 0) {
    throw new Error('A row is to read one token at a time, and to forget none.');
  }
  return token;
}
