import { tmpdir } from 'node:os';
import { peakMemory } from '../../../src/node/process/peakMemory';
import { sum } from '../../../src/shared/common/sum';
import type { Model } from '../../../src/trainer/executor/executor';
import type { OpenRequest } from '../../../src/trainer/executor/requests';
import { closing, withModel } from '../../../src/trainer/executor/withModel';
import { exactLayerImportance, probeOf } from '../../../src/trainer/method/layerImportance';
import { SILENT_TASK } from '../../../src/trainer/task';
import { TorchExecutor } from '../../../src/trainer/torch/torchExecutor';
import { batchesOf, readJob, tuneValues, unitValues, type Job, type Result } from './job';

/** The jobs of `npm run bench` with the engine torch: the second argument is its Python. Memory is that of both processes. */
async function main(): Promise<void> {
  const job = readJob();
  const python = process.argv[3] ?? '';
  await closing(await TorchExecutor.start({ python, dtype: 'float32' }), async (executor) => {
    const begin = performance.now();
    await withModel(executor, requestOf(job), SILENT_TASK, async (model) => {
      const loadSeconds = (performance.now() - begin) / 1000;
      const [first] = batchesOf(job);
      // The first step warms up where there are steps.
      if (first !== undefined && job.job !== 'tune') {
        await model.losses(first, { reuse: false });
      }
      const started = performance.now();
      const result = await run(model, job);
      const seconds = (performance.now() - started) / 1000;
      const { peak } = await model.memory();
      console.log(JSON.stringify({ ...result, seconds, loadSeconds, peakMemory: peak + peakMemory() }));
    });
  });
}

function requestOf(job: Job): OpenRequest {
  const { job: kind, model: folder, full, trained, batchSize, tokens, keepStates } = job;
  const rows = batchSize * (tokens[0]?.length ?? 0);
  const request: OpenRequest = { folder, trains: 'none', frozenWeights: 'float32', rows };
  const cache = {
    folder: tmpdir(),
    megabytes: keepStates,
    onProblem: (message: string) => {
      throw new Error(message);
    },
  };
  return kind === 'tune' ? { ...request, trains: full ? 'all' : trained, cache } : request;
}

async function run(model: Model, job: Job): Promise<Result> {
  const batches = batchesOf(job);
  switch (job.job) {
    case 'exactImportance':
      return { values: (await exactLayerImportance(model, probeOf(batches), SILENT_TASK)).layers };
    case 'unitImportance':
      return unitValues(model, job);
    case 'tune':
      return tuneValues(model, job);
    case 'forward': {
      const losses: number[] = [];
      for (const batch of batches) {
        losses.push(...(await model.losses(batch, { reuse: false })));
      }
      return { values: [sum(losses) / losses.length] };
    }
    case 'fastImportance':
    case 'matmul':
    case 'passPerLayer':
    case 'shapes':
      throw new Error(`${job.job} is not measured with torch.`);
  }
}

void main();
