import type { RunFolder } from '../../../node/run/runFolder';
import { writeJson } from '../../../node/files/jsonFile';
import { prune, type StrengthFile } from '../../../shared/run/strength';
import { failure, inputError } from '../../../shared/common/errors';
import { asKeysOf } from '../../../shared/settings/naming';
import type { ExpansionManifest } from '../../../shared/run/manifest';
import { meanLoss } from '../../method/loss';
import { restoreCheckpoint } from '../../checkpoint/checkpoint';
import type { Executor, Model } from '../../executor/executor';
import { withModel } from '../../executor/withModel';
import { quietly, subtask, type Task } from '../../task';
import { readTuneInput, type TuneInput } from '../tune/tuneInput';

export interface StrengthRequest {
  /** The last checkpoint when left out. */
  readonly step?: number | undefined;
  /** Between 0 and 1; those two are measured in any case. */
  readonly alphas: readonly number[];
  /** Says what keeps hidden states from being kept. */
  readonly onProblem: (message: string) => void;
}

/**
 * The strength of a run's added layers, at a checkpoint: domain and general loss with the added layers' outputs scaled by α, and without each
 * added layer. Written to the run folder's dial.json.
 * @throws AdeptError (input) when there are no added layers, or no such checkpoint.
 */
export async function measureStrength(
  run: RunFolder,
  executor: Executor,
  { step: wanted, alphas, onProblem }: StrengthRequest,
  task: Task,
): Promise<StrengthFile> {
  const spec = run.readSpec();
  if (spec.tune.full) {
    throw inputError(`${run.path} tuned every parameter, so there are no added layers to scale.`);
  }
  const step = wanted ?? run.checkpoints().at(-1);
  if (step === undefined) {
    throw inputError(`${run.file('checkpoints')} has no checkpoint yet: let the run save one first.`);
  }
  const input = await readTuneInput(spec, asKeysOf(run.file('spec')), task);
  const { manifest } = input;
  if (manifest === undefined) {
    throw new Error('A run that does not tune everything has a manifest.');
  }
  const { tune, model: folder } = spec;
  const request = {
    folder,
    trains: manifest.added.map(({ layer }) => layer),
    frozenWeights: tune.frozenWeights,
    rows: tune.batchSize * tune.seqLen,
    cache: { folder: run.path, megabytes: tune.keepStates, onProblem },
  };
  return withModel(executor, request, quietly(task), async (model) => {
    await restoreCheckpoint(run, step, model, { moments: false });
    const measured = await turn({ model, input, manifest }, alphas, task);
    const { maxGeneralRise } = tune;
    const file: StrengthFile = {
      format: 'adept.dial/1',
      step,
      ...(maxGeneralRise === undefined ? {} : { maxGeneralRise }),
      ...measured,
    };
    writeJson(run.file('strength'), file);
    return file;
  });
}

interface Turned {
  /** The expanded model with what a checkpoint holds in its added layers. */
  readonly model: Model;
  readonly input: TuneInput;
  readonly manifest: ExpansionManifest;
}

async function turn(
  { model, input, manifest }: Turned,
  alphas: readonly number[],
  task: Task,
): Promise<Pick<StrengthFile, 'points' | 'without' | 'pruned'>> {
  const added = manifest.added.map(({ layer }) => layer);
  const strengths = [...new Set([0, ...alphas, 1])].sort((a, b) => a - b);
  const count = strengths.length + added.length;
  let done = 0;
  /** Both losses with these layers at α, the others as they were trained. */
  const losses = async (layers: readonly number[], alpha: number): Promise<Losses> => {
    await model.setStrength(new Map(layers.map((layer) => [layer, alpha])));
    // What is left out together is measured beyond the count.
    const share = (parts: number): number => Math.min(1, (done + parts) / count);
    const part = (half: number): Task => subtask(task, share(half / 2), share((half + 1) / 2));
    const { domainEval, generalEval } = input.corpora;
    const domainLoss = await meanLoss(model, domainEval, part(0), { reuse: true });
    const generalLoss = await meanLoss(model, generalEval, part(1), { reuse: true });
    done += 1;
    if (!Number.isFinite(domainLoss) || !Number.isFinite(generalLoss)) {
      throw failure(`${input.spec.model}: the loss is not a finite number: check another checkpoint.`);
    }
    return { domainLoss, generalLoss };
  };
  const points: StrengthFile['points'] = [];
  for (const alpha of strengths) {
    points.push({ alpha, ...(await losses(added, alpha)) });
  }
  const without: StrengthFile['without'] = [];
  for (const { layer, source } of manifest.added) {
    without.push({ layer, source, ...(await losses([layer], 0)) });
  }
  const pruned = await prune({ points, without }, (layers) => losses(layers, 0));
  return { points, without, pruned };
}

type Losses = Pick<StrengthFile['points'][number], 'domainLoss' | 'generalLoss'>;
