import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Coalescer } from '../../../src/node/runPage/coalescer';
import { FakeClock } from '../../support/fakeClock';

function make(): { clock: FakeClock; sent: number[]; coalescer: Coalescer } {
  const clock = new FakeClock();
  const sent: number[] = [];
  const coalescer = new Coalescer(() => sent.push(clock.now()), 100, clock);
  return { clock, sent, coalescer };
}

describe('Coalescer', () => {
  it('sends at most ten times in any second, however often it is asked', () => {
    const { clock, sent, coalescer } = make();
    coalescer.open();
    for (let millisecond = 0; millisecond < 5000; millisecond += 1) {
      coalescer.request();
      clock.advance(1);
    }
    for (const begin of sent) {
      const within = sent.filter((time) => time >= begin && time < begin + 1000).length;
      assert.ok(within <= 10, `${within} sends in the second from ${begin} ms`);
    }
    assert.deepEqual(
      sent,
      Array.from({ length: 51 }, (_, index) => index * 100),
    );
  });

  it('sends the first call at once and the last one too', () => {
    const { clock, sent, coalescer } = make();
    coalescer.open();
    coalescer.request();
    clock.advance(30);
    coalescer.request();
    coalescer.request();
    assert.deepEqual(sent, [0]);
    clock.advance(1000);
    assert.deepEqual(sent, [0, 100]);
  });

  it('sends nothing while it is closed, and what was asked for when it opens', () => {
    const { clock, sent, coalescer } = make();
    coalescer.request();
    clock.advance(500);
    assert.deepEqual(sent, []);
    coalescer.open();
    coalescer.request();
    coalescer.close();
    clock.advance(500);
    assert.deepEqual(sent, [500]);
    coalescer.open();
    assert.deepEqual(sent, [500, 1000]);
  });

  it('keeps its distance over closing and opening', () => {
    const { clock, sent, coalescer } = make();
    for (let round = 0; round < 20; round += 1) {
      coalescer.open();
      coalescer.request();
      coalescer.close();
      clock.advance(10);
    }
    assert.deepEqual(sent, [0, 100]);
  });
});
