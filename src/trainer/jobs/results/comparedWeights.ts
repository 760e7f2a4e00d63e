import { existsSync } from 'node:fs';
import { inputError } from '../../../shared/common/errors';
import { ExpansionManifest } from '../../../shared/run/manifest';
import { parseWith } from '../../../shared/common/parse';
import type { RunEvent, RunSpec } from '../../../shared/run/runFolder';
import type { TaskScores } from '../../../shared/run/scores';
import type { ComparedPoint } from '../../../shared/run/comparison';
import { readEvents } from '../../../node/run/eventWriter';
import { readJson } from '../../../node/files/jsonFile';
import { RunFolder } from '../../../node/run/runFolder';
import { readManifest } from '../../method/manifest';
import { readCheckpointState } from '../../../node/run/checkpointState';
import { openPart } from '../../checkpoint/checkpoint';
import { TensorStore } from '../../safetensors/safetensors';

/** A point of a run to compare: step 0, or `base`, is the model before the first step; left out, the last checkpoint. */
export interface PointRequest {
  readonly run: string;
  readonly step?: number | 'base' | undefined;
}

/**
 * The weights at one point of a run: what was trained from the checkpoint, everything else from the model's folder, which
 * is opened only when it is asked for, so that checkpoints can be compared where the model does not lie.
 */
export class ComparedWeights {
  private model: TensorStore | undefined;

  private constructor(
    readonly point: ComparedPoint,
    readonly manifest: ExpansionManifest | undefined,
    private readonly spec: RunSpec,
    private readonly delta: TensorStore | undefined,
  ) {}

  /** @throws AdeptError (input) when there is no such checkpoint, or a file of it is not usable. */
  static open(request: PointRequest): ComparedWeights {
    const run = RunFolder.open(request.run);
    const spec = run.readSpec();
    const step = request.step ?? run.checkpoints().at(-1) ?? 'base';
    const base = step === 'base' || (step === 0 && !run.checkpoints().includes(0));
    const point = base ? basePoint(run, spec) : checkpointPoint(run, step);
    const delta = base ? undefined : openPart(run, step, 'delta');
    return new ComparedWeights(point, manifestOf(run, spec), spec, delta);
  }

  /** Names of the trained tensors, in this model's numbering; none at the base. */
  get trained(): readonly string[] {
    return [...(this.delta?.entries.keys() ?? [])];
  }

  has(name: string): boolean {
    return this.storeOf(name).entries.has(name);
  }

  shape(name: string): readonly number[] {
    return this.storeOf(name).entry(name).shape;
  }

  /** @throws AdeptError (input) when the tensor holds something that is no number. */
  read(name: string): Float32Array {
    const store = this.storeOf(name);
    const values = store.readFloat32(name);
    if (!values.every(Number.isFinite)) {
      throw inputError(
        `${store.entry(name).file}: tensor "${name}": holds values that are not finite numbers: compare another checkpoint.`,
      );
    }
    return values;
  }

  close(): void {
    this.delta?.close();
    this.model?.close();
  }

  private storeOf(name: string): TensorStore {
    return this.delta?.entries.has(name) ? this.delta : (this.model ??= TensorStore.open(this.spec.model));
  }
}

function manifestOf(run: RunFolder, spec: RunSpec): ExpansionManifest | undefined {
  const file = run.file('manifest');
  return existsSync(file) ? parseWith(ExpansionManifest, readJson(file), file) : readManifest(spec.model);
}

function checkpointPoint(run: RunFolder, step: number): ComparedPoint {
  const { createdAt, loss, domainLoss, generalLoss, baseLearningRate, units } = readCheckpointState(
    run,
    step,
  );
  return {
    run: run.path,
    step,
    base: false,
    createdAt,
    loss,
    domainLoss,
    generalLoss,
    baseLearningRate,
    meanUnitLearningRate: meanRate(units),
    // The log of a run may be long, and most runs have no tasks.
    scores: existsSync(run.file('tasks')) ? scoresAt(readEvents(run.file('events')), step) : [],
  };
}

/** What was scored at a step, by the last trainer that came to it. */
function scoresAt(events: readonly RunEvent[], step: number): TaskScores[] {
  const last = new Map<string, TaskScores>();
  for (const event of events) {
    if (event.type === 'scores' && event.step === step) {
      const { task, questions, correct } = event;
      last.set(task, { task, questions, correct });
    }
  }
  return [...last.values()];
}

/** What the run's log says of the model before the first step. */
function basePoint(run: RunFolder, spec: RunSpec): ComparedPoint {
  const events = readEvents(run.file('events'));
  const evaluation = events.find((event) => event.type === 'eval' && event.step === 0);
  const rates = events.find((event) => event.type === 'importance' && event.step === 0);
  return {
    run: run.path,
    step: 0,
    base: true,
    createdAt: null,
    loss: null,
    domainLoss: evaluation?.type === 'eval' ? evaluation.domainLoss : null,
    generalLoss: evaluation?.type === 'eval' ? evaluation.generalLoss : null,
    baseLearningRate: spec.tune.learningRate,
    meanUnitLearningRate: rates?.type === 'importance' ? meanRate(rates.units) : null,
    scores: scoresAt(events, 0),
  };
}

function meanRate(units: readonly { readonly learningRate: number }[]): number | null {
  return units.length === 0
    ? null
    : units.reduce((sum, { learningRate }) => sum + learningRate, 0) / units.length;
}
