import assert from 'node:assert/strict';
import type { Ended } from './command';

/**
 * Holds a command to what bad input asks for: the status, nothing on stdout, and on stderr, after the log, one sentence
 * that holds all of `parts` (file, field) and ends with what to do.
 */
export function assertRefused(
  { status, stdout, stderr }: Ended,
  parts: readonly string[],
  expected = 2,
): void {
  const all = `stderr:\n${stderr}\nstdout:\n${stdout}`;
  assert.equal(status, expected, all);
  assert.equal(stdout, '', all);
  const lines = stderr.trimEnd().split('\n');
  const said = lines.filter((line) => line.startsWith('adept: '));
  const [sentence = ''] = said;
  assert.deepEqual(said, [lines.at(-1)], `stderr does not end in its one sentence: ${all}`);
  assert.match(sentence, /^adept: .*[:;] [^:;]+\.$/, 'ends with what to do');
  assert.doesNotMatch(sentence, /unexpected error|undefined|\[object/);
  for (const part of parts) {
    assert.ok(sentence.includes(part), `"${sentence}" does not hold "${part}"`);
  }
}
