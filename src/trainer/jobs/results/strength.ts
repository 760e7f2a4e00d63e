import type { RunFolder } from '../../../node/run/runFolder';
import { writeJson } from '../../../node/files/jsonFile';
import { prune, type StrengthFile } from '../../../shared/run/strength';
import { failure, inputError } from '../../../shared/common/errors';
import { asKeysOf } from '../../../shared/settings/naming';
import type { ExpansionManifest } from '../../../shared/run/manifest';
import { AddedLayers } from '../../tfjs/tuning/outputStrength';
import { activationCache, type ActivationCache } from '../../tfjs/cache/activationCache';
import { meanLoss } from '../../method/loss';
import { layerParameters } from '../../tfjs/tuning/parameters';
import { checkCheckpoint, openPart } from '../../checkpoint/checkpoint';
import type { Engine } from '../../tfjs/engine/engine';
import { CausalLM } from '../../tfjs/model/causalLM';
import { trainedTensors } from '../../checkpoint/modelTensors';
import { subtask, type Task } from '../../task';
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
  engine: Engine,
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
  const tuned = loadTuned(run, step, engine, input, manifest);
  const frozen = activationCache(tuned.model, tuned.added.layers, {
    folder: run.path,
    megabytes: spec.tune.keepStates,
    onProblem,
  });
  try {
    const measured = await turn({ ...tuned, frozen, input, manifest }, alphas, task);
    const { maxGeneralRise } = spec.tune;
    const file: StrengthFile = {
      format: 'adept.dial/1',
      step,
      ...(maxGeneralRise === undefined ? {} : { maxGeneralRise }),
      ...measured,
    };
    writeJson(run.file('strength'), file);
    return file;
  } finally {
    frozen?.close();
    tuned.added.dispose();
    tuned.model.dispose();
  }
}

interface Tuned {
  readonly model: CausalLM;
  readonly added: AddedLayers;
}

/** The expanded model with what a checkpoint holds in its added layers. */
function loadTuned(
  run: RunFolder,
  step: number,
  engine: Engine,
  { spec }: TuneInput,
  manifest: ExpansionManifest,
): Tuned {
  const layers = manifest.added.map(({ layer }) => layer);
  const trained = new Set(layers);
  const model = CausalLM.load(engine, spec.model, undefined, {
    choice: spec.tune.frozenWeights,
    rows: spec.tune.batchSize * spec.tune.seqLen,
    frozen: (layer) => !trained.has(layer),
  });
  checkCheckpoint(run, step, trainedTensors(model.config, layers), false);
  const delta = openPart(run, step, 'delta');
  try {
    for (const { name, slot, part, shape } of layerParameters(model, layers)) {
      engine.dispose(slot[part]);
      slot[part] = engine.keep(engine.tensor(delta.readFloat32(name), shape));
    }
  } finally {
    delta.close();
  }
  return { model, added: new AddedLayers(model, layers) };
}

interface Turned extends Tuned {
  readonly frozen: ActivationCache | undefined;
  readonly input: TuneInput;
  readonly manifest: ExpansionManifest;
}

async function turn(
  { model, added, frozen, input, manifest }: Turned,
  alphas: readonly number[],
  task: Task,
): Promise<Pick<StrengthFile, 'points' | 'without' | 'pruned'>> {
  const strengths = [...new Set([0, ...alphas, 1])].sort((a, b) => a - b);
  const count = strengths.length + manifest.added.length;
  let done = 0;
  const losses = async (): Promise<{ domainLoss: number; generalLoss: number }> => {
    // What is left out together is measured beyond the count.
    const share = (parts: number): number => Math.min(1, (done + parts) / count);
    const part = (half: number): Task => subtask(task, share(half / 2), share((half + 1) / 2));
    const domainLoss = await meanLoss(model, input.corpora.domainEval, part(0), frozen);
    const generalLoss = await meanLoss(model, input.corpora.generalEval, part(1), frozen);
    done += 1;
    if (!Number.isFinite(domainLoss) || !Number.isFinite(generalLoss)) {
      throw failure(`${input.spec.model}: the loss is not a finite number: check another checkpoint.`);
    }
    return { domainLoss, generalLoss };
  };
  const points: StrengthFile['points'] = [];
  for (const alpha of strengths) {
    added.scale(alpha);
    points.push({ alpha, ...(await losses()) });
  }
  added.scale(1);
  const without: StrengthFile['without'] = [];
  for (const { layer, source } of manifest.added) {
    added.scale(0, layer);
    without.push({ layer, source, ...(await losses()) });
    added.scale(1, layer);
  }
  const pruned = await prune({ points, without }, async (layers) => {
    for (const layer of layers) {
      added.scale(0, layer);
    }
    const measured = await losses();
    added.scale(1);
    return measured;
  });
  return { points, without, pruned };
}
