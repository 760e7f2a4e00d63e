import type { RunCommand, RunExit, RunSummary, ShownState } from '../../src/shared/webview/run';
import { l10n } from '../common/l10n';
import { formatCount, formatDuration } from './format';

export function stateText(state: ShownState): string {
  const texts: Readonly<Record<ShownState, string>> = {
    opening: l10n.t('Reading the log'),
    waiting: l10n.t('Not started'),
    starting: l10n.t('Starting'),
    running: l10n.t('Running'),
    paused: l10n.t('Paused'),
    stopped: l10n.t('Stopped'),
    done: l10n.t('Done'),
    failed: l10n.t('Failed'),
    died: l10n.t('Trainer is gone'),
  };
  return texts[state];
}

/** The codicon of a state. */
export function stateIcon(state: ShownState): string {
  const icons: Readonly<Record<ShownState, string>> = {
    opening: 'loading',
    waiting: 'circle-outline',
    starting: 'loading',
    running: 'play-circle',
    paused: 'debug-pause',
    stopped: 'debug-stop',
    done: 'pass',
    failed: 'error',
    died: 'error',
  };
  return icons[state];
}

/** What the trainer is doing, in the words of its status events where they have no translation. */
export function stageText(stage: string): string {
  const texts: Readonly<Record<string, string>> = {
    started: l10n.t('preparing'),
    resumed: l10n.t('preparing'),
    reading: l10n.t('reading texts'),
    analyzing: l10n.t('analyzing the model'),
    expanding: l10n.t('expanding the model'),
    tuning: l10n.t('tuning'),
    evaluating: l10n.t('evaluating'),
    exporting: l10n.t('exporting the model'),
  };
  return texts[stage] ?? stage;
}

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
    export: l10n.t('Export Model…'),
  };
  return texts[command];
}

/** `step 120 of 500` */
export function stepText({ step, steps }: Pick<RunSummary, 'step' | 'steps'>): string {
  return steps === null
    ? l10n.t('step {0}', formatCount(step))
    : l10n.t('step {0} of {1}', formatCount(step), formatCount(steps));
}

export function timeLeftText(seconds: number): string {
  return l10n.t('{0} left', formatDuration(seconds));
}

/** A file's name and, below a folder, the folder it lies in. */
export function shortPath(path: string): string {
  return path.split(/[\\/]/).slice(-2).join('/');
}
