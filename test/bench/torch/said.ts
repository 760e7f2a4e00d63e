import { tmpdir } from 'node:os';
import { projectRoot } from '../../support/projectRoot';

const LONGEST = 240;

/** What a command ended with, without paths of this machine; not much of it. */
export function saidOf(stderr: string): string {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  const plain = last
    .replaceAll(`${projectRoot}/`, '')
    .replaceAll(`${tmpdir()}/`, '')
    .replaceAll(process.env.HOME ?? tmpdir(), '~');
  return plain.length <= LONGEST ? plain : `${plain.slice(0, LONGEST)} …`;
}
