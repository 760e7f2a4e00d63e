import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MachineHistory } from '../../../src/node/run/machineHistory';
import type { NewRunEvent } from '../../../src/shared/run/runFolder';
import { withGaps } from '../../../webview/run/machineModel';
import { timeTicks } from '../../../webview/run/timeTicks';
import { importanceEvent, recordOf, stepEvent } from '../../support/runEvents';

const sample = (use: object): NewRunEvent => ({ type: 'resources', ...use });

describe('what trainer and machine used', () => {
  it('is there over time, with peaks, also where a run goes back', () => {
    const record = recordOf([
      { type: 'status', status: 'started', step: 0 },
      sample({ residentBytes: 100, machineFreeBytes: 40, machineTotalBytes: 100 }),
      stepEvent(1),
      sample({
        residentBytes: 300,
        seconds: 2,
        cpuPercent: 250,
        machineFreeBytes: 10,
        machineTotalBytes: 100,
      }),
      { type: 'status', status: 'resumed', step: 0 },
      sample({ residentBytes: 200, machineFreeBytes: 60, machineTotalBytes: 100 }),
    ]);
    assert.deepEqual(record.machine.take(true), {
      resident: { curve: { from: 0, x: [1, 3, 5], y: [100, 300, 200] }, now: 200, peak: 300 },
      cores: { curve: { from: 0, x: [3], y: [2.5] }, now: null, peak: 2.5 },
      used: { curve: { from: 0, x: [1, 3, 5], y: [60, 90, 40] }, now: 40, peak: 90 },
      gpus: [],
      totalBytes: 100,
      freeBytes: 60,
      begins: [1, 5],
    });
    assert.equal(record.log.count, 2, 'no lines of the log');
  });

  it('leaves out what was never measured, and tells what is new', () => {
    const machine = new MachineHistory();
    assert.equal(machine.take(true), undefined);
    machine.add(0, { gpus: [{ index: 1, name: 'H200', utilizationPercent: 50 }] });
    machine.take(true);
    machine.add(10, { seconds: 10, gpus: [{ index: 1, name: 'H200', utilizationPercent: 70 }] });
    const news = machine.take(false);
    assert.deepEqual([news?.resident, news?.cores, news?.gpus[0]?.memory], [undefined, undefined, undefined]);
    assert.deepEqual(news?.gpus[0]?.utilization, {
      ...{ now: 70, peak: 70 },
      curve: { from: 0, x: [0, 10], y: [50, 70] },
    });
  });

  it('stays small over weeks', () => {
    const machine = new MachineHistory();
    for (let minute = 0; minute < 20_000; minute += 1) {
      machine.add(minute * 60, { seconds: 60, residentBytes: minute === 12_345 ? 9 : 5 });
    }
    const { resident } = machine.take(true) ?? {};
    assert.ok((resident?.curve.x.length ?? 0) <= 1002);
    assert.ok(resident?.curve.y.includes(9), 'the peak is shown');
  });

  it('does not count as the time that a refresh took', () => {
    const record = recordOf([stepEvent(1), sample({ residentBytes: 1 }), importanceEvent(1)]);
    assert.equal(record.refreshSeconds, 2);
  });

  it('has a gap before each trainer', () => {
    const curve = { x: [0, 10, 500, 510], y: [1, 2, 3, 4] };
    assert.deepEqual(withGaps(curve, [0, 500]), { x: [0, 10, 255, 500, 510], y: [1, 2, NaN, 3, 4] });
    assert.deepEqual(withGaps(curve, [0, 505]).x, [0, 10, 500, 502.5, 510]);
  });

  it('stands over times that are read easily', () => {
    assert.deepEqual(timeTicks(0, 100, 8), [0, 15, 30, 45, 60, 75, 90]);
    assert.deepEqual(timeTicks(5000, 9000, 8), [5400, 6000, 6600, 7200, 7800, 8400, 9000]);
  });
});
