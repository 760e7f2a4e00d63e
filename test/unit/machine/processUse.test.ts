import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cpuBetween, cpuSecondsOf, ownUse, residentIn } from '../../../src/node/machine/processUse';

describe('what processes use', () => {
  it('is read from /proc, and is nothing where it is not there', () => {
    const status = 'Name:\tpython3\nVmPeak:\t  900 kB\nVmRSS:\t   2048 kB\nRssAnon:\t 1 kB\n';
    assert.equal(residentIn(status), 2 ** 21);
    assert.equal(residentIn('Name:\tkworker\nState:\tZ (zombie)\n'), undefined);
    const stat = 'S 1 2 3 0 -1 4194304 100 0 0 0 250 150 7 8 20 0'.split(' ');
    assert.equal(cpuSecondsOf(stat), 4);
    assert.equal(cpuSecondsOf(undefined), undefined);
    assert.equal(cpuSecondsOf(['S', '1']), undefined);
  });

  it('is between two looks the time of all: of those that came all of theirs, of those that went none', () => {
    const use = (...entries: [string, number][]): ReturnType<typeof ownUse> => ({
      residentBytes: 0,
      cpuSeconds: new Map(entries),
    });
    const before = use(['self', 10], ['7 a', 5], ['8 b', 100]);
    // Number 8 is another process now.
    assert.equal(cpuBetween(before, use(['self', 12], ['7 a', 5.5], ['8 c', 1])), 3.5);
    assert.equal(cpuBetween(before, use(['self', 10])), 0);
  });

  it('is some memory of this process, and processor time that grows', () => {
    const before = ownUse();
    assert.ok(before.residentBytes > 2 ** 20);
    let sum = 0;
    const until = process.cpuUsage().user + 20_000;
    while (process.cpuUsage().user < until) {
      sum += Math.sqrt(sum + 1);
    }
    assert.ok(cpuBetween(before, ownUse()) >= 0.015);
  });
});
