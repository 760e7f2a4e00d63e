import * as vscode from 'vscode';
import { requireCheckpoint } from '../../node/run/checkpointState';
import { RunFolder } from '../../node/run/runFolder';
import { inputError } from '../../shared/common/errors';
import type { ComparisonSource, PointSource } from '../../shared/webview/comparison';
import { openComparison } from '../panels/comparisonPanel';
import type { Services } from '../services/services';
import { namedCheckpoints, pickPoint } from './pickCheckpoint';

/**
 * Compares two checkpoints in a panel: the two that are selected, or one that the person completes.
 * @returns what is compared
 */
export async function run(services: Services, ...args: readonly unknown[]): Promise<ComparisonSource> {
  const { l10n } = vscode;
  const title = l10n.t('Compare Checkpoints');
  const named = namedCheckpoints(services, args);
  const [first, second, third] = named;
  if (third !== undefined) {
    throw inputError(l10n.t('{0} compares two checkpoints: select two.', title));
  }
  const source =
    first !== undefined && second !== undefined
      ? inOrder(first, second)
      : await complete(services, title, first);
  for (const { run: folder, step } of [source.a, source.b]) {
    if (step !== 'base') {
      requireCheckpoint(RunFolder.at(folder), step);
    }
  }
  openComparison(services, source);
  return source;
}

/** Of one run, the earlier is A: changes are then those of the training between. */
function inOrder(first: PointSource, second: PointSource): ComparisonSource {
  const swap = first.run === second.run && orderOf(first) > orderOf(second);
  const [a, b] = swap ? [second, first] : [first, second];
  return { a: { run: a.run, step: a.step }, b: { run: b.run, step: b.step } };
}

/** The base comes before every step. */
function orderOf({ step }: PointSource): number {
  return step === 'base' ? -1 : step;
}

async function complete(
  services: Services,
  title: string,
  named: PointSource | undefined,
): Promise<ComparisonSource> {
  const { l10n } = vscode;
  const first =
    named ?? (await pickPoint(services, { title, placeHolder: l10n.t('The first checkpoint'), base: true }));
  const second = await pickPoint(services, {
    title,
    placeHolder: l10n.t('The second checkpoint'),
    run: first.run,
    base: true,
    except: first,
  });
  return inOrder(first, second);
}
