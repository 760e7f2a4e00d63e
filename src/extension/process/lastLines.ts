import { closeSync, fstatSync } from 'node:fs';
import { openExisting } from '../../node/files/lineFile';
import { readFully } from '../../node/files/readFully';

const LARGEST = 16 * 1024;

/** The last lines of a log that hold something, without terminal control; empty when there is no such file. */
export function lastLines(file: string, count: number): string[] {
  const handle = openExisting(file);
  if (handle === undefined) {
    return [];
  }
  try {
    const { size } = fstatSync(handle);
    const bytes = Buffer.alloc(Math.min(size, LARGEST));
    readFully(handle, bytes, size - bytes.length);
    const lines = bytes.toString('utf8').split(/\r?\n|\r/);
    return (bytes.length < size ? lines.slice(1) : lines)
      .map((line) => line.replace(CONTROL_SEQUENCE, '').trimEnd())
      .filter((line) => line !== '')
      .slice(-count);
  } finally {
    closeSync(handle);
  }
}

// oxlint-disable-next-line no-control-regex -- control sequences are what is looked for
const CONTROL_SEQUENCE = /\u001b\[[0-9;?]*[A-Za-z]/g;
