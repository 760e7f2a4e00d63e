import { inputError } from '../../../shared/common/errors';
import type { CheckpointSide, Side } from '../../../shared/playground/sides';
import { readCheckpointState } from '../../../node/run/checkpointState';
import { readModelOutline } from '../../../node/model/modelConfig';
import { RunFolder } from '../../../node/run/runFolder';
import { restoreCheckpoint } from '../../checkpoint/checkpoint';
import type { Executor, Model } from '../../executor/executor';
import type { OpenRequest } from '../../executor/requests';
import { generating } from '../../executor/withModel';
import { requireManifest } from '../../method/manifest';
import type { Task } from '../../task';

/** How the model of a side is opened, and what it is then made to be. */
export interface SidePlan {
  readonly folder: string;
  readonly trains: OpenRequest['trains'];
  /** Whose weights it has; those of the folder when left out. */
  readonly checkpoint?: CheckpointSide;
  /** Strength by added layer. */
  readonly strength?: ReadonlyMap<number, number>;
}

/**
 * A run's own model and its checkpoints are one model that is opened once: what was trained is read into it, and at α = 0 it is
 * the model that the run began with. Only where everything was trained that is a model of its own.
 * @throws AdeptError (input) naming the run, file or setting.
 */
export function planOf(side: Side): SidePlan {
  if (side.kind === 'model') {
    return { folder: side.model, trains: 'none' };
  }
  const run = RunFolder.open(side.run);
  const { model: folder, tune } = run.readSpec();
  if (tune.full) {
    if (side.kind === 'base') {
      return { folder, trains: 'none' };
    }
    if (side.alpha !== 1 || side.drop.length > 0) {
      throw inputError(`${run.path} tuned every parameter, so there are no added layers: set α to 1.`);
    }
    return { folder, trains: 'all', checkpoint: side };
  }
  const added = requireManifest(folder, readModelOutline(folder)).added.map(({ layer }) => layer);
  if (side.kind === 'base') {
    return { folder, trains: added, strength: new Map(added.map((layer) => [layer, 0])) };
  }
  const { alpha, drop } = side;
  const unknown = drop.find((layer) => !added.includes(layer));
  if (unknown !== undefined) {
    throw inputError(
      `${run.path} did not add layer ${unknown}: only ${added.join(', ')} can be left out of its answers.`,
    );
  }
  const strength = new Map(added.map((layer) => [layer, drop.includes(layer) ? 0 : alpha]));
  return { folder, trains: added, checkpoint: side, strength };
}

interface HeldModel {
  readonly key: string;
  readonly model: Model;
  /** The checkpoint whose weights it has. */
  holds: string | undefined;
}

/** The models that sides answer with, as few as they need. */
export class SideModels {
  private held: HeldModel[] = [];
  private readonly most: number;

  constructor(private readonly executor: Executor) {
    // The ranks of PyTorch hold one model.
    this.most = executor.description.engine === 'torch' ? 1 : 2;
  }

  /** Closes those that none of these sides answers with. */
  async keep(plans: readonly SidePlan[]): Promise<void> {
    const keys = new Set(plans.map(keyOf));
    await this.closeAll(({ key }) => !keys.has(key));
  }

  /**
   * The model of a side, opened where it is not yet, with its weights and strengths.
   * @throws AdeptError (input) naming what does not fit.
   */
  async take(plan: SidePlan, task: Task): Promise<Model> {
    const key = keyOf(plan);
    const held = this.held.find((one) => one.key === key) ?? (await this.open(plan, key, task));
    const { checkpoint, strength } = plan;
    if (checkpoint !== undefined) {
      await holdCheckpoint(held, checkpoint);
    }
    if (strength !== undefined) {
      await held.model.setStrength(strength);
    }
    return held.model;
  }

  async close(): Promise<void> {
    await this.closeAll(() => true);
  }

  private async open(plan: SidePlan, key: string, task: Task): Promise<HeldModel> {
    if (this.held.length >= this.most) {
      await this.close();
    }
    const request = { ...generating(plan.folder, 1), trains: plan.trains };
    const held = { key, model: await this.executor.open(request, task), holds: undefined };
    this.held.push(held);
    return held;
  }

  private async closeAll(which: (held: HeldModel) => boolean): Promise<void> {
    const going = this.held.filter(which);
    this.held = this.held.filter((one) => !going.includes(one));
    for (const { model } of going) {
      await model.close();
    }
  }
}

function keyOf({ folder, trains }: SidePlan): string {
  return JSON.stringify([folder, trains]);
}

async function holdCheckpoint(held: HeldModel, { run: path, step }: CheckpointSide): Promise<void> {
  const run = RunFolder.open(path);
  // A run that went on from an earlier checkpoint saves others of the same steps.
  const wanted = JSON.stringify([run.path, step, readCheckpointState(run, step).createdAt]);
  if (held.holds !== wanted) {
    held.holds = undefined;
    await restoreCheckpoint(run, step, held.model, { moments: false });
    held.holds = wanted;
  }
}
