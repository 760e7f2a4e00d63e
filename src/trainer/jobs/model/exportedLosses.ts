import { existsSync } from 'node:fs';
import { failure, messageOf } from '../../../shared/common/errors';
import { parseWith } from '../../../shared/common/parse';
import { asKeysOf } from '../../../shared/settings/naming';
import type { ExportLosses, FoundLosses, TextLosses } from '../../../shared/run/losses';
import { StrengthFile } from '../../../shared/run/strength';
import { readJson } from '../../../node/files/jsonFile';
import { readCheckpointState } from '../../../node/run/checkpointState';
import { firstLosses } from '../../../node/run/firstLosses';
import type { RunFolder } from '../../../node/run/runFolder';
import { isAlive } from '../../../node/run/runState';
import { restoreCheckpoint } from '../../checkpoint/checkpoint';
import type { Executor, Model } from '../../executor/executor';
import { unchanging, withModel } from '../../executor/withModel';
import { meanLoss } from '../../method/loss';
import { Cancelled, quietly, subtask, type Task } from '../../task';
import { readCorpora, type TuneCorpora } from '../texts/tuneCorpora';

/** Which model a run's checkpoint makes. */
export interface ExportedModel {
  readonly step: number;
  readonly alpha: number;
  /** Added layers that are left out, of all that were added; every parameter was trained where that is undefined. */
  readonly drop: readonly number[];
  readonly added: readonly number[] | undefined;
}

/** What computes, opened only where something has to be measured. */
export interface Measuring {
  readonly use: <T>(work: (executor: Executor) => Promise<T>) => Promise<T>;
  /** Of the run, where they are at hand. */
  readonly corpora?: Pick<TuneCorpora, 'domainEval' | 'generalEval'> | undefined;
  /** Whether an export is nothing without its losses; otherwise it is said why there are none. */
  readonly required: boolean;
}

interface Asked {
  readonly run: RunFolder;
  readonly model: ExportedModel;
  /** The exported files, and whether their values are others than the checkpoint's. */
  readonly folder: string;
  readonly rounded: boolean;
  readonly measuring: Measuring | undefined;
}

/**
 * The losses of an export's files on the run's evaluation texts. Where no value was rounded they are those that the run measured;
 * otherwise, or where it measured none, the files are read back.
 * @throws Cancelled; and AdeptError where losses are required and cannot be measured
 */
export async function exportedLosses(asked: Asked, task: Task): Promise<FoundLosses> {
  const { run, model, rounded, measuring } = asked;
  const before = firstLosses(run);
  try {
    const known = knownLosses(run, model);
    if (known !== undefined && !rounded) {
      return { before, tuned: known, after: known };
    }
    return measuring === undefined
      ? { before, notMeasured: 'it was not asked for' }
      : { before, ...(await measuredLosses(asked, measuring, known, task)) };
  } catch (error) {
    if (error instanceof Cancelled || measuring?.required === true) {
      throw error;
    }
    return { before, notMeasured: messageOf(error) };
  }
}

/** Of the exported files by themselves. */
export function lossesOfFolder(
  executor: Executor,
  folder: string,
  corpora: Pick<TuneCorpora, 'domainEval' | 'generalEval'>,
  task: Task,
): Promise<TextLosses> {
  return withModel(executor, unchanging(folder), quietly(task), (model) => lossesOf(model, corpora, task));
}

async function measuredLosses(
  { run, model, folder, rounded }: Asked,
  { use, corpora: read }: Measuring,
  known: TextLosses | undefined,
  task: Task,
): Promise<Pick<ExportLosses, 'tuned' | 'after'>> {
  const trainer = run.readTrainer();
  if (trainer !== undefined && trainer.pid !== process.pid && isAlive(trainer)) {
    throw failure(
      `process ${trainer.pid} works on this run, and a second model could take its memory: export again when it has ended`,
    );
  }
  const corpora = read ?? (await readCorpora(run.readSpec(), asKeysOf(run.file('spec')), quietly(task)));
  return use(async (executor) => {
    const twice = rounded && known === undefined;
    const after = await lossesOfFolder(
      executor,
      folder,
      corpora,
      subtask(task, 0, twice ? 0.5 : 1, 'exported model:'),
    );
    const tuned = twice
      ? await lossesOfCheckpoint(executor, run, model, corpora, subtask(task, 0.5, 1, 'checkpoint:'))
      : (known ?? after);
    return { tuned, after };
  });
}

/** What the run measured of this very model; undefined where it did not. */
function knownLosses(run: RunFolder, { step, alpha, drop }: ExportedModel): TextLosses | undefined {
  if (alpha === 1 && drop.length === 0) {
    const { domainLoss, generalLoss } = readCheckpointState(run, step);
    return domainLoss === null || generalLoss === null ? undefined : { domainLoss, generalLoss };
  }
  const file = run.file('strength');
  const measured = existsSync(file) ? parseWith(StrengthFile, readJson(file), file) : undefined;
  if (measured?.step !== step || (alpha !== 1 && drop.length > 0)) {
    return undefined;
  }
  const isSame = (layers: readonly number[]): boolean => layers.toSorted().join() === drop.toSorted().join();
  const found =
    drop.length === 0
      ? measured.points.find((point) => point.alpha === alpha)
      : (measured.without.find(({ layer }) => isSame([layer])) ??
        [measured.pruned ?? []].flat().find(({ layers }) => isSame(layers)));
  return found && { domainLoss: found.domainLoss, generalLoss: found.generalLoss };
}

/** Of a checkpoint in full precision, at the strength that was exported. */
function lossesOfCheckpoint(
  executor: Executor,
  run: RunFolder,
  { step, alpha, drop, added }: ExportedModel,
  corpora: Pick<TuneCorpora, 'domainEval' | 'generalEval'>,
  task: Task,
): Promise<TextLosses> {
  const { model: folder } = run.readSpec();
  const request = { ...unchanging(folder), trains: added ?? ('all' as const) };
  return withModel(executor, request, quietly(task), async (model) => {
    await restoreCheckpoint(run, step, model, { moments: false });
    if (added !== undefined) {
      await model.setStrength(new Map(added.map((layer) => [layer, drop.includes(layer) ? 0 : alpha])));
    }
    return lossesOf(model, corpora, task);
  });
}

async function lossesOf(
  model: Model,
  { domainEval, generalEval }: Pick<TuneCorpora, 'domainEval' | 'generalEval'>,
  task: Task,
): Promise<TextLosses> {
  const share = domainEval.length / (domainEval.length + generalEval.length);
  const domainLoss = finite(await meanLoss(model, domainEval, subtask(task, 0, share, 'domain')));
  const generalLoss = finite(await meanLoss(model, generalEval, subtask(task, share, 1, 'general')));
  return { domainLoss, generalLoss };
}

function finite(loss: number): number | null {
  return Number.isFinite(loss) ? loss : null;
}
