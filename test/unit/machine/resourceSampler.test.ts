import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ResourceUse } from '../../../src/shared/run/resources';
import { ResourceSampler, type SamplerOptions } from '../../../src/trainer/jobs/lease/resourceSampler';

/** A sampler with a clock of the test; `pass` waits for that many seconds and what they lead to. */
function sampling(
  t: TestContext,
  askGpus: NonNullable<SamplerOptions['askGpus']>,
): {
  samples: ResourceUse[];
  asked: () => number;
  end: () => void;
  pass: (seconds: number) => Promise<void>;
} {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const samples: ResourceUse[] = [];
  let asked = 0;
  const sampler = ResourceSampler.start({
    emit: (use) => samples.push(use),
    askGpus: (question) => {
      asked += 1;
      return askGpus(question);
    },
  });
  const pass = async (seconds: number): Promise<void> => {
    t.mock.timers.tick(seconds * 1000);
    await new Promise(setImmediate);
  };
  t.after(() => {
    sampler.end();
  });
  return {
    samples,
    asked: () => asked,
    end: () => {
      sampler.end();
    },
    pass,
  };
}

describe('the samples of a trainer', () => {
  it('come at once and every ten seconds, until it ends; a driver that is missing is asked once', async (t) => {
    const { samples, asked, end, pass } = sampling(t, () => Promise.resolve('missing'));
    assert.equal(samples.length, 0, 'not before whoever started it had its turn');
    await pass(0.001);
    assert.equal(samples.length, 1);
    await pass(9);
    assert.equal(samples.length, 1);
    await pass(1);
    await pass(10);
    assert.equal(samples.length, 3);
    assert.deepEqual(
      samples.map(({ cpuPercent, seconds, gpus }) => [cpuPercent === undefined, seconds === undefined, gpus]),
      [
        [true, true, undefined],
        [false, false, undefined],
        [false, false, undefined],
      ],
    );
    assert.equal(asked(), 1);
    end();
    await pass(100);
    assert.equal(samples.length, 3);
  });

  it('come without GPUs where these cannot be read, which is tried three times', async (t) => {
    const { samples, asked, pass } = sampling(t, () => Promise.reject(new Error('driver mismatch')));
    for (let second = 0; second <= 50; second += 10) {
      await pass(10);
    }
    assert.deepEqual([samples.length, asked()], [6, 3]);
    assert.ok(samples.every(({ residentBytes, gpus }) => (residentBytes ?? 0) > 0 && gpus === undefined));
  });

  it('have the GPUs, and none comes after the end', async (t) => {
    const gpu = { index: 0, name: 'H200', memoryUsedBytes: 5 };
    let answer: (gpus: readonly (typeof gpu)[]) => void = () => undefined;
    const { samples, end, pass } = sampling(t, () => new Promise((resolve) => (answer = resolve)));
    await pass(1);
    answer([gpu]);
    await pass(0);
    assert.deepEqual(samples[0]?.gpus, [gpu]);
    await pass(10);
    end();
    answer([gpu]);
    await pass(0);
    assert.equal(samples.length, 1);
  });
});
