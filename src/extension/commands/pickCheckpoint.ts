import * as v from 'valibot';
import * as vscode from 'vscode';
import { listCheckpoints } from '../../node/run/checkpointList';
import { RunFolder } from '../../node/run/runFolder';
import { inputError } from '../../shared/common/errors';
import type { PointSource } from '../../shared/webview/comparison';
import { checkpointItem, type CheckpointRef } from '../checkpoints/checkpointItem';
import { nameOf } from '../runs/runEntry';
import type { Services } from '../services/services';
import { pickItem } from '../window/questions';

/** A checkpoint, as menus, links and other extensions name it. */
const Checkpoint = v.object({
  run: v.pipe(v.string(), v.minLength(1)),
  step: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

function isCheckpoint(argument: unknown): argument is CheckpointRef {
  return v.is(Checkpoint, argument);
}

/**
 * The checkpoints that a command is for: those of a selection in a view (its items come as the second argument), the one
 * that the argument names, or those selected in the checkpoints view.
 */
export function namedCheckpoints(services: Services, args: readonly unknown[]): readonly CheckpointRef[] {
  const [first, second] = args;
  const items = (Array.isArray(second) ? second : Array.isArray(first) ? first : [first]).filter(
    isCheckpoint,
  );
  return items.length > 0 ? items : first === undefined ? services.checkpoints.selection : [];
}

/**
 * The first checkpoint that a command is for; the person picks where none is named.
 * @throws AdeptError when several are named, or there is none; vscode.CancellationError when none was picked.
 */
export async function oneCheckpoint(
  services: Services,
  args: readonly unknown[],
  title: string,
): Promise<CheckpointRef> {
  const [first, second] = namedCheckpoints(services, args);
  if (second !== undefined) {
    throw inputError(vscode.l10n.t('{0} is for one checkpoint: select only one.', title));
  }
  if (first !== undefined) {
    return first;
  }
  const { run, step } = await pickPoint(services, { title, placeHolder: vscode.l10n.t('The checkpoint') });
  if (step === 'base') {
    throw new Error('The base was not offered.');
  }
  return { run, step };
}

export interface PointQuestion {
  readonly title: string;
  readonly placeHolder: string;
  /** The run whose checkpoints come first. */
  readonly run?: string;
  /** Whether the model before the first step can be chosen as well. */
  readonly base?: boolean;
  /** What cannot be chosen. */
  readonly except?: PointSource;
}

type PointItem = vscode.QuickPickItem & { readonly point?: PointSource };

/** Asks for a checkpoint of any run. @throws AdeptError when there is none; vscode.CancellationError when none was picked. */
export async function pickPoint({ runs }: Services, question: PointQuestion): Promise<PointSource> {
  const { base = false, except } = question;
  const paths = runs.list.entries.map(({ path }) => path);
  const ordered =
    question.run === undefined ? paths : [question.run, ...paths.filter((path) => path !== question.run)];
  const items = ordered.flatMap((run) => pointItems(run, base, except));
  if (items.length === 0) {
    throw inputError(vscode.l10n.t('No run has saved a checkpoint yet.'));
  }
  const { title, placeHolder } = question;
  const picked = await pickItem(items, { title, placeHolder, matchOnDescription: true });
  if (picked?.point === undefined) {
    throw new vscode.CancellationError();
  }
  return picked.point;
}

/** A run's checkpoints under its name, the latest first, and its base. */
function pointItems(run: string, base: boolean, except: PointSource | undefined): PointItem[] {
  const infos = listCheckpoints(RunFolder.at(run)).reverse();
  const items: PointItem[] = infos.map((info) => checkpointItem(run, info));
  if (base && infos.length > 0) {
    const point = { run, step: 'base' } as const;
    items.push({ label: vscode.l10n.t('Base'), description: vscode.l10n.t('before the first step'), point });
  }
  const offered = items.filter(({ point }) => point?.run !== except?.run || point?.step !== except?.step);
  const heading = { label: nameOf({ path: run }), kind: vscode.QuickPickItemKind.Separator };
  return offered.length === 0 ? [] : [heading, ...offered];
}
