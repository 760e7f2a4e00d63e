import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { HANG_MILLISECONDS } from '../support/hang';

/**
 * Runs the command line, as a person or another program would.
 * @returns the JSON object of its last line
 * @throws Error with what it wrote to stderr when its status is not 0.
 */
export function adept(...args: readonly (string | number)[]): Record<string, unknown> {
  const command = [join(process.cwd(), 'out', 'cli.cjs'), ...args.map(String), '--json'];
  const { status, signal, stdout, stderr, error } = spawnSync(process.execPath, command, {
    encoding: 'utf8',
    timeout: HANG_MILLISECONDS,
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) {
    const end = error?.message ?? signal ?? `status ${String(status)}`;
    throw new Error(`adept ${args.join(' ')} ended with ${end}:\n${stderr}`);
  }
  return v.parse(v.record(v.string(), v.unknown()), JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}

/** A corpus file of token ids, which needs no tokenizer: each row is one sequence, used as it is. */
export function writeRows(file: string, sequences: readonly Int32Array[]): string {
  writeFileSync(file, sequences.map((tokens) => `${JSON.stringify({ tokens: [...tokens] })}\n`).join(''));
  return file;
}

/** Sequences as requests have them. */
export function asLists(sequences: readonly Int32Array[]): number[][] {
  return sequences.map((tokens) => [...tokens]);
}
