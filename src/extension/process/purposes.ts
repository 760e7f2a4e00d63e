import type { JobRecord } from './jobStore';

/** The job that measures what the added layers of a run are worth. */
export function measurementOf(run: string): JobRecord['purpose'] {
  return { kind: 'strength', path: run };
}
