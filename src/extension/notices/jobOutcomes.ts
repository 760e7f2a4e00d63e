import { basename } from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { FLOAT_TYPES } from '../../shared/model/floatType';
import { notableLoss, TextLosses } from '../../shared/run/losses';
import { openHeatmap, openRun, showTabInSight } from '../panels/open';
import { shortPath, workspaceFolders } from '../window/folders';
import type { JobRecord } from '../process/jobStore';
import type { Services } from '../services/services';

/** What a command came to. */
export interface JobOutcome {
  readonly title: string;
  readonly purpose: JobRecord['purpose'];
  readonly value: Record<string, unknown>;
}

const TorchSetUp = v.object({
  device: v.string(),
  python: v.string(),
  versions: v.record(v.string(), v.string()),
  gpus: v.number(),
  cuda: v.nullable(v.string()),
  metal: v.boolean(),
  bfloat16: v.boolean(),
});

const StudyOutcome = v.object({ done: v.number(), planned: v.number() });

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** An export whose files were measured. */
const Exported = v.object({
  run: v.string(),
  step: count,
  alpha: v.number(),
  dropped: v.array(count),
  dtype: v.picklist(FLOAT_TYPES),
  before: TextLosses,
  tuned: TextLosses,
  after: TextLosses,
});

const Installed = v.object({ device: v.string(), library: v.optional(v.string()) });

/**
 * Tells the person what a command came to, and offers what comes next.
 * @param attended whether the person waits for it; then the result of an analysis is shown at once
 */
export async function presentOutcome(
  services: Services,
  { title, purpose, value }: JobOutcome,
  attended: boolean,
): Promise<void> {
  const { kind, path = '' } = purpose;
  switch (kind) {
    case 'analyze':
      await services.models.refresh();
      await presentAnalysis(services, title, path, attended);
      break;
    case 'expand':
      await services.models.refresh();
      presentFolder(vscode.l10n.t('The expanded model is in {0}.', shortPath(path)), path);
      break;
    case 'export':
      await services.models.refresh();
      presentFolder(vscode.l10n.t('The exported model is in {0}.', shortPath(path)), path);
      presentRounding(value);
      break;
    case 'strength':
      if (attended) {
        await presentStrength(services, title, path);
      }
      break;
    case 'study': {
      const { done, planned } = v.parse(StudyOutcome, value);
      const open = vscode.l10n.t('Open Study');
      const text = vscode.l10n.t('{0}: {1} of {2} runs are done.', title, done, planned);
      if ((await vscode.window.showInformationMessage(text, open)) === open) {
        await vscode.commands.executeCommand('adept.openStudy', path);
      }
      break;
    }
    case 'setup': {
      services.enginesChanged.fire();
      const { device, library } = v.parse(Installed, value);
      const text = vscode.l10n.t(
        'The native engine is set up ({0}) and computes on the {1}.',
        library ?? '',
        device,
      );
      void vscode.window.showInformationMessage(text);
      break;
    }
    case 'setupTorch':
      services.enginesChanged.fire();
      void vscode.window.showInformationMessage(torchText(v.parse(TorchSetUp, value)));
      break;
    default:
      services.log.info(`${title} is finished.`);
  }
}

function torchText({
  device,
  python,
  versions,
  gpus,
  cuda,
  metal,
  bfloat16,
}: v.InferOutput<typeof TorchSetUp>): string {
  const { l10n } = vscode;
  const { torch = '', transformers = '' } = versions;
  const done = l10n.t(
    'PyTorch {0} is set up (Python {1}, transformers {2}) and computes on: {3}.',
    torch,
    python,
    transformers,
    device,
  );
  if (gpus > 0) {
    const numbers = bfloat16 ? 'bfloat16' : 'float32';
    return `${done} ${l10n.t('GPUs: {0}, CUDA {1}, in {2}.', gpus, cuda ?? '', numbers)}`;
  }
  return metal
    ? `${done} ${l10n.t('No CUDA; Metal is there and not used.')}`
    : `${done} ${l10n.t('No GPU was found.')}`;
}

async function presentAnalysis(
  services: Services,
  title: string,
  file: string,
  attended: boolean,
): Promise<void> {
  const open = vscode.l10n.t('Open Heatmap');
  const text = vscode.l10n.t('{0} is finished: {1}', title, basename(file));
  if (attended || (await vscode.window.showInformationMessage(text, open)) === open) {
    await openHeatmap(services, file);
  }
}

/** Warns where rounding took much of what was gained, and offers the type that keeps it. */
function presentRounding(value: JobOutcome['value']): void {
  const { l10n } = vscode;
  const { success, output } = v.safeParse(Exported, value);
  const share = success ? notableLoss(output) : undefined;
  if (!success || share === undefined) {
    return;
  }
  const { run, step, alpha, dropped, dtype, before, tuned, after } = output;
  const [first, trained, exported] = [before, tuned, after].map(
    ({ domainLoss }) => domainLoss?.toFixed(5) ?? '–',
  );
  const text = l10n.t(
    'Rounding to {0} takes {1}% of the gain: domain loss was {2} before and {3} as trained, and is {4} as exported.',
    ...[dtype, (share * 100).toFixed(0), first ?? '', trained ?? '', exported ?? ''],
  );
  const again = l10n.t('Export in float32…');
  void vscode.window.showWarningMessage(text, again).then(async (chosen) => {
    if (chosen === again) {
      const request = { run, step, alpha, drop: dropped, dtype: 'float32' };
      await vscode.commands.executeCommand('adept.exportModel', request);
    }
  });
}

/** Shows nothing by itself: the person may be in another view, and finds it from the message. */
function presentFolder(text: string, folder: string): void {
  const uri = vscode.Uri.file(folder);
  const inWorkspace = workspaceFolders().some((one) => vscode.workspace.getWorkspaceFolder(uri) === one);
  const show = inWorkspace ? vscode.l10n.t('Show in Explorer') : vscode.l10n.t('Open Folder');
  void vscode.window.showInformationMessage(text, show).then(async (chosen) => {
    if (chosen === show) {
      await (inWorkspace
        ? vscode.commands.executeCommand('revealInExplorer', uri)
        : vscode.commands.executeCommand('vscode.openFolder', uri, { forceNewWindow: true }));
    }
  });
}

/** In the run's panel where that is in sight; whoever went on to something else is told, and stays there. */
async function presentStrength(services: Services, title: string, run: string): Promise<void> {
  if (await showTabInSight(run, 'strength')) {
    return;
  }
  const open = vscode.l10n.t('Open Run');
  if ((await vscode.window.showInformationMessage(vscode.l10n.t('{0}: done.', title), open)) === open) {
    await openRun(services, run, 'strength');
  }
}
