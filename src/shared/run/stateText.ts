import type { Localizer } from '../common/localizer';
import type { RunState } from './runState';

/** A run's state as lists and pages show it. opening: its log is being read. starting: its process is not at work yet. gone: its folder is not there. */
export type ShownRunState = RunState | 'opening' | 'starting' | 'gone' | 'unreadable';

export function stateText(state: ShownRunState, l10n: Localizer): string {
  const texts: Readonly<Record<ShownRunState, string>> = {
    opening: l10n.t('reading the log'),
    waiting: l10n.t('not started'),
    starting: l10n.t('starting'),
    gone: l10n.t('folder is gone'),
    running: l10n.t('running'),
    paused: l10n.t('paused'),
    stopped: l10n.t('stopped'),
    done: l10n.t('done'),
    failed: l10n.t('failed'),
    died: l10n.t('trainer is gone'),
    unreadable: l10n.t('cannot be read'),
  };
  return texts[state];
}

/** What a trainer is doing, by its last status event; one that a later version writes stands for itself. */
export function stageText(stage: string, l10n: Localizer): string {
  const texts: Readonly<Record<string, string>> = {
    starting: l10n.t('starting'),
    started: l10n.t('preparing'),
    resumed: l10n.t('preparing'),
    reading: l10n.t('reading texts'),
    analyzing: l10n.t('analyzing the model'),
    expanding: l10n.t('expanding the model'),
    tuning: l10n.t('tuning'),
    measuring: l10n.t('measuring the importance of units'),
    evaluating: l10n.t('evaluating'),
    exporting: l10n.t('exporting the model'),
  };
  return texts[stage] ?? stage;
}
