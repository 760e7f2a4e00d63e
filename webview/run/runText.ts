import type { RunCommand, RunExit, RunSummary } from '../../src/shared/webview/run';
import { l10n } from '../common/l10n';
import { formatCount } from '../common/format';

/** Why a run ended that did not end well. */
export function endText({ state, exit, error }: RunSummary): string {
  if (state === 'failed') {
    return error ?? l10n.t('The trainer reported an error.');
  }
  return exit === null
    ? l10n.t("The trainer's process ended before the run was done.")
    : l10n.t("The trainer's process ended before the run was done: {0}.", exitText(exit));
}

function exitText({ code, signal }: RunExit): string {
  return signal === null
    ? l10n.t('exit code {0}', code ?? '?')
    : signal === 'SIGKILL'
      ? l10n.t('killed by signal {0}, as the system does when memory runs out', signal)
      : l10n.t('ended by signal {0}', signal);
}

export function commandText(command: RunCommand): string {
  const texts: Readonly<Record<RunCommand, string>> = {
    pause: l10n.t('Pause'),
    resume: l10n.t('Resume'),
    stop: l10n.t('Stop'),
    checkpoint: l10n.t('Checkpoint Now'),
    setLearningRate: l10n.t('Change Learning Rate…'),
    openConfig: l10n.t('Configuration'),
    openFolder: l10n.t('Run Folder'),
    openLog: l10n.t('Whole Log'),
    shareReport: l10n.t('Share Report…'),
    export: l10n.t('Export Model…'),
    runAgain: l10n.t('Run Again'),
    delete: l10n.t('Remove'),
  };
  return texts[command];
}

/** `step 120 of 500` */
export function stepText({ step, steps }: Pick<RunSummary, 'step' | 'steps'>): string {
  return steps === null
    ? l10n.t('step {0}', formatCount(step))
    : l10n.t('step {0} of {1}', formatCount(step), formatCount(steps));
}

/** What a training loss is that is no single step's. */
export function meansText(steps: number): string {
  return steps === 1 ? l10n.t('of 1 step') : l10n.t('means of {0} steps', steps);
}

/** A file's name and, below a folder, the folder it lies in. */
export function shortPath(path: string): string {
  return path.split(/[\\/]/).slice(-2).join('/');
}
