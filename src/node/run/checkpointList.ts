import { join } from 'node:path';
import { messageOf } from '../../shared/common/errors';
import { parseWith } from '../../shared/common/parse';
import { CHECKPOINT_FILES, CheckpointLabel } from '../../shared/run/runFolder';
import { checkpointFolder, checkpointPart, readCheckpointState } from './checkpointState';
import { folderBytes } from '../files/folderBytes';
import { readJson } from '../files/jsonFile';
import type { RunFolder } from './runFolder';

/** A checkpoint as people choose among them. */
export interface CheckpointInfo {
  readonly step: number;
  readonly folder: string;
  readonly label: string | null;
  /** ISO 8601. */
  readonly createdAt: string | null;
  readonly loss: number | null;
  /** Null where the run was not evaluated at this very step. */
  readonly domainLoss: number | null;
  readonly generalLoss: number | null;
  readonly baseLearningRate: number | null;
  /** Size of all its files. */
  readonly bytes: number;
  /** Whether no other checkpoint of the run has a lower domain loss; the earliest, where several share it. */
  readonly bestDomain: boolean;
  readonly bestGeneral: boolean;
  /** Whether resuming goes on from it, unless another is named. */
  readonly last: boolean;
  /** Why it cannot be used, in a sentence. */
  readonly problem: string | null;
}

/** Every complete checkpoint of a run by ascending step; one that cannot be read is listed with its problem. */
export function listCheckpoints(run: RunFolder): CheckpointInfo[] {
  const read = run.checkpoints().map((step) => readInfo(run, step));
  const bestDomain = lowest(read, ({ domainLoss }) => domainLoss);
  const bestGeneral = lowest(read, ({ generalLoss }) => generalLoss);
  return read.map((info, index) => ({
    ...info,
    bestDomain: info === bestDomain,
    bestGeneral: info === bestGeneral,
    last: index === read.length - 1,
  }));
}

type Unranked = Omit<CheckpointInfo, 'bestDomain' | 'bestGeneral' | 'last'>;

function readInfo(run: RunFolder, step: number): Unranked {
  const folder = checkpointFolder(run, step);
  const nothing = {
    createdAt: null,
    loss: null,
    domainLoss: null,
    generalLoss: null,
    baseLearningRate: null,
  };
  const base = { step, folder, label: labelOf(run, step), bytes: folderBytes(folder) };
  try {
    const { createdAt, loss, domainLoss, generalLoss, baseLearningRate } = readCheckpointState(run, step);
    checkpointPart(run, step, 'delta');
    checkpointPart(run, step, 'optimizer');
    return { ...base, createdAt, loss, domainLoss, generalLoss, baseLearningRate, problem: null };
  } catch (error) {
    return { ...base, ...nothing, problem: messageOf(error) };
  }
}

/** What people call a checkpoint. A label that cannot be read is none: nothing depends on it. */
export function labelOf(run: RunFolder, step: number): string | null {
  const file = join(checkpointFolder(run, step), CHECKPOINT_FILES.label);
  try {
    return parseWith(CheckpointLabel, readJson(file), file).label;
  } catch {
    return null;
  }
}

function lowest(infos: readonly Unranked[], loss: (info: Unranked) => number | null): Unranked | undefined {
  return infos.reduce<Unranked | undefined>((best, info) => {
    const value = loss(info);
    const bar = best === undefined ? null : loss(best);
    return value !== null && (bar === null || value < bar) ? info : best;
  }, undefined);
}
