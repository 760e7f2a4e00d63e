import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Throttle } from '../../../src/node/runPage/throttle';
import { FakeClock } from '../../support/fakeClock';

function make(): { clock: FakeClock; sent: number[]; throttle: Throttle } {
  const clock = new FakeClock();
  const sent: number[] = [];
  const throttle = new Throttle(() => sent.push(clock.now()), 100, clock);
  return { clock, sent, throttle };
}

describe('Throttle', () => {
  it('sends at most ten times in any second, however often it is asked', () => {
    const { clock, sent, throttle } = make();
    throttle.open();
    for (let millisecond = 0; millisecond < 5000; millisecond += 1) {
      throttle.request();
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
    const { clock, sent, throttle } = make();
    throttle.open();
    throttle.request();
    clock.advance(30);
    throttle.request();
    throttle.request();
    assert.deepEqual(sent, [0]);
    clock.advance(1000);
    assert.deepEqual(sent, [0, 100]);
  });

  it('sends nothing while it is closed, and what was asked for when it opens', () => {
    const { clock, sent, throttle } = make();
    throttle.request();
    clock.advance(500);
    assert.deepEqual(sent, []);
    throttle.open();
    throttle.request();
    throttle.close();
    clock.advance(500);
    assert.deepEqual(sent, [500]);
    throttle.open();
    assert.deepEqual(sent, [500, 1000]);
  });

  it('keeps its distance over closing and opening', () => {
    const { clock, sent, throttle } = make();
    for (let round = 0; round < 20; round += 1) {
      throttle.open();
      throttle.request();
      throttle.close();
      clock.advance(10);
    }
    assert.deepEqual(sent, [0, 100]);
  });
});
