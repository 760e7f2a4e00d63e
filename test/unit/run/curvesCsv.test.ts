import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { curvesCsv } from '../../../src/node/run/curvesCsv';
import { evalEvent, eventLines, stepEvent } from '../../support/runEvents';
import { temporaryFolder } from '../../support/temporaryFolder';

describe('the curves of a run as CSV', () => {
  it('have every step that counts in full precision, and empty cells', async (t) => {
    const file = join(temporaryFolder(t), 'events.ndjson');
    const log = eventLines([
      ...[{ type: 'status', status: 'started', step: 0 } as const, evalEvent(0, 2.123456789012345, null)],
      ...[stepEvent(1, 1 / 3), stepEvent(2, 9), evalEvent(2, 9, 9), stepEvent(3, 9)],
      ...[{ type: 'status', status: 'resumed', step: 1 } as const, stepEvent(2, 2), evalEvent(2, 1.5, 0.1)],
    ]);
    writeFileSync(file, `${log}no event\n{"seq":99,"time":"","type":"later"}\n`);
    assert.deepEqual((await curvesCsv(file)).split('\r\n'), [
      'step,time,training loss,domain loss,general loss,learning rate,tokens per second,gradient norm',
      '0,2026-11-25T08:00:01.000Z,,2.123456789012345,,,,',
      '1,2026-11-25T08:00:02.000Z,0.3333333333333333,,,0.0001,1001,0.5',
      '2,2026-11-25T08:00:07.000Z,2,1.5,0.1,0.0001,1002,0.5',
      '',
    ]);
  });

  it('are a heading alone of a run without a log', async (t) => {
    assert.match(await curvesCsv(join(temporaryFolder(t), 'none')), /^step,[^\r]*\r\n$/);
  });
});
