import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { isProcessAlive } from '../../src/node/process/processAlive';
import { AdeptError } from '../../src/shared/common/errors';
import { makeBatch } from '../../src/trainer/data/sequences/batch';
import type { Model } from '../../src/trainer/executor/executor';
import { unchanging } from '../../src/trainer/executor/withModel';
import { SILENT_TASK } from '../../src/trainer/task';
import { descendantsOf, type KnownProcess } from '../../src/trainer/torch/process/processTree';
import type { TorchProcess } from '../../src/trainer/torch/process/torchProcess';
import { TorchExecutor } from '../../src/trainer/torch/torchExecutor';
import { randomSequences, writeRandomModel } from '../parity/randomModel';
import { RECIPES } from '../parity/recipes';
import { assertAllClose } from '../support/allclose';
import { stepOf } from '../support/steps';
import { temporaryFolder } from '../support/temporaryFolder';
import { startRanks, startTorch, TORCH_MISSING } from '../support/torch';

const { vocab_size: vocabSize } = RECIPES.qwen3.config;

function rankOf({ pid }: KnownProcess): string | undefined {
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  return environment.find((line) => line.startsWith('RANK='))?.slice('RANK='.length);
}

/** Three steps over uneven batches, one of them in two parts; and what came of them. */
async function trained(model: Model): Promise<number[]> {
  const batch = makeBatch(randomSequences(5, [24, 9, 17], vocabSize));
  const more = makeBatch(randomSequences(6, [12], vocabSize));
  const results: number[] = [];
  for (const step of [1, 2, 3]) {
    const { loss, gradNorm, tokens } = await model.step(
      stepOf(model, step === 2 ? [batch, more] : [batch], step),
    );
    results.push(loss, gradNorm, tokens);
  }
  const { sums } = await model.maskedLosses(batch, undefined, SILENT_TASK);
  const units = await model.unitSums(
    more,
    { layers: [3], definition: 'released', groups: [] },
    { reuse: false },
  );
  return [...results, ...sums, ...units.sums];
}

const skip = TORCH_MISSING || (process.platform !== 'linux' && 'processes are looked at in /proc');

describe('two ranks', { skip }, () => {
  let ranks: TorchProcess;
  let started: KnownProcess[];
  before(async () => {
    ranks = await startRanks(2);
    started = descendantsOf(process.pid);
  });
  after(() => ranks.close());

  it('compute what one does', async (t) => {
    const folder = writeRandomModel(temporaryFolder(t), 'qwen3');
    const request = { ...unchanging(folder), trains: [2, 3] };
    const executor = new TorchExecutor(ranks);
    assert.equal(executor.description.ranks, 2);
    const alone = await startTorch();
    t.after(() => alone.close());
    const [one, two] = [await alone.open(request, SILENT_TASK), await executor.open(request, SILENT_TASK)];
    assertAllClose(await trained(two), await trained(one), 1e-4, 'steps and importance');
    await two.close();
  });

  it('end the call with rank and cause when one is killed, and leave nothing', async (t) => {
    const model = await new TorchExecutor(ranks).open(
      unchanging(writeRandomModel(temporaryFolder(t), 'qwen3')),
      SILENT_TASK,
    );
    const victim = started.find(
      (candidate) => isProcessAlive(candidate.pid, candidate.token) && rankOf(candidate) === '1',
    );
    assert.ok(victim, 'rank 1 was found');
    process.kill(victim.pid, 'SIGKILL');
    const batch = makeBatch(randomSequences(5, [24, 9, 17], vocabSize));
    await assert.rejects(model.losses(batch, { reuse: false }), (error) => {
      assert.ok(error instanceof AdeptError);
      assert.match(error.message, /rank 1/i);
      assert.match(error.message, /can be resumed from its last checkpoint\.$/);
      return true;
    });
    await assert.rejects(model.losses(batch, { reuse: false }), /can be resumed/);
    await ranks.close();
    const own = started.filter(({ pid }) => readdirSync('/proc').includes(String(pid)));
    while (own.some(({ pid, token }) => isProcessAlive(pid, token))) {
      await setTimeout(50);
    }
  });
});
