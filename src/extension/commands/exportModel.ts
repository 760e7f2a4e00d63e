import { dirname, join } from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { RunFolder } from '../../node/run/runFolder';
import { inputError } from '../../shared/common/errors';
import { ExportDtype } from '../../shared/config/runConfig';
import { usableCheckpoints } from '../checkpoints/checkpointItem';
import { presentOutcome } from '../notices/jobOutcomes';
import { shortPath, workspaceFolderOf } from '../window/folders';
import { nameOf, type RunEntry } from '../runs/runEntry';
import type { Services } from '../services/services';
import { askForNewFolder } from './newFolder';
import { findRun, pickRun } from '../control/pickRun';
import { pickItem } from '../window/questions';

const step = v.pipe(v.number(), v.integer(), v.minValue(0));
const Request = v.object({
  /** The run folder. */
  run: v.string(),
  /** The step of its checkpoint; asked when left out and there are several. */
  step: v.optional(step),
  /** Scale of the added layers. */
  alpha: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  /** Added layers to leave out. */
  drop: v.optional(v.array(step)),
  /** Of the weights; asked when left out with the folder. */
  dtype: v.optional(ExportDtype),
  out: v.optional(v.string()),
});
type Request = v.InferOutput<typeof Request>;

/**
 * Writes a checkpoint as a Hugging Face folder and shows it.
 * @returns the folder
 */
export async function run(services: Services, argument?: unknown): Promise<string> {
  const { l10n } = vscode;
  const request: Partial<Request> = v.is(Request, argument) ? argument : {};
  const chosen =
    request.run === undefined
      ? await pickRun(services, argument, {
          prompt: l10n.t('Select the run to export'),
          fits: ({ path }) => RunFolder.at(path).checkpoints().length > 0,
          none: l10n.t('No run has saved a checkpoint yet, so there is nothing to export.'),
        })
      : await findRun(services, request.run);
  const checkpoint = request.step ?? (await pickCheckpoint(chosen));
  const dtype = request.dtype ?? (request.out === undefined ? await pickDtype() : 'auto');
  const what = { ...request, run: chosen.path, step: checkpoint, dtype };
  const out = request.out ?? (await askForNewFolder(l10n.t('Export Model'), exportFolder(services, what)));
  await exportCheckpoint(services, { ...what, out });
  return out;
}

/** A checkpoint, and how it is written. */
type ExportChoice = Request & Required<Pick<Request, 'step' | 'dtype'>>;

/** Where an export goes when nobody says otherwise, whether that is free or not. */
export function exportFolder({ context }: Services, choice: ExportChoice): string {
  const folder = workspaceFolderOf(choice.run, context);
  return join(folder, '.adept', 'exports', exportName(nameOf({ path: choice.run }), choice.step, choice));
}

/**
 * Writes a checkpoint as a Hugging Face folder and shows it.
 * @param token ends it, as the button of its progress does
 * @throws vscode.CancellationError; AdeptError with the command's own message
 */
export async function exportCheckpoint(
  services: Services,
  { run: folder, step: checkpoint, alpha, drop = [], dtype, out }: ExportChoice & { readonly out: string },
  token?: vscode.CancellationToken,
): Promise<void> {
  const title = vscode.l10n.t('Exporting {0}, step {1}', nameOf({ path: folder }), checkpoint);
  const purpose = { kind: 'export', path: out };
  const args = [
    'export',
    ...['--run', folder, '--checkpoint', String(checkpoint), '--out', out],
    ...(alpha === undefined ? [] : ['--alpha', String(alpha)]),
    ...(drop.length === 0 ? [] : ['--drop', drop.join()]),
    ...(dtype === 'auto' ? [] : ['--dtype', dtype]),
  ];
  const value = await services.jobs.run({ title, args, cwd: dirname(folder), purpose }, token);
  await presentOutcome(services, { title, purpose, value }, true);
}

/** Says what is in it: another strength, fewer layers, or another data type is another model. */
function exportName(
  run: string,
  step: number,
  { alpha = 1, drop = [], dtype = 'auto' }: Pick<Request, 'alpha' | 'drop' | 'dtype'>,
): string {
  const strength = alpha === 1 ? '' : `-alpha-${alpha}`;
  const without = drop.length === 0 ? '' : `-without-${drop.toSorted((a, b) => a - b).join('-')}`;
  const type = dtype === 'auto' ? '' : `-${dtype}`;
  return `${run}-step-${step}${strength}${without}${type}`;
}

/** The source's own type comes first: Enter takes it. */
async function pickDtype(): Promise<ExportDtype> {
  const { l10n } = vscode;
  const details: Readonly<Record<ExportDtype, string>> = {
    auto: l10n.t('Each tensor in the type that it has in the source; trained ones are rounded to it'),
    float32: l10n.t('Nothing is rounded; twice the size of bfloat16 and float16'),
    bfloat16: l10n.t('All tensors are rounded to it'),
    float16: l10n.t('All tensors are rounded to it'),
  };
  const items = ExportDtype.options.map((dtype) => ({
    dtype,
    label: dtype === 'auto' ? l10n.t('As the source') : dtype,
    detail: details[dtype],
  }));
  const picked = await pickItem(items, {
    title: l10n.t('Export Model'),
    placeHolder: l10n.t('The data type of the weights'),
  });
  if (picked === undefined) {
    throw new vscode.CancellationError();
  }
  return picked.dtype;
}

/** Of those that are in the folder now: the list of runs may have looked before the last was saved. */
async function pickCheckpoint(run: RunEntry): Promise<number> {
  const { l10n } = vscode;
  const items = usableCheckpoints(run.path);
  const [first, second] = items;
  if (first === undefined) {
    throw inputError(l10n.t('{0} has no checkpoint to export: save one first.', shortPath(run.path)));
  }
  if (second === undefined) {
    return first.point.step;
  }
  const picked = await pickItem(items, {
    title: l10n.t('Export Model'),
    placeHolder: l10n.t('The checkpoint'),
    matchOnDescription: true,
  });
  if (picked === undefined) {
    throw new vscode.CancellationError();
  }
  return picked.point.step;
}
