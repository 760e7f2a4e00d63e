import type { RunStatus } from '../../node/run/runStatus';
import type { Localizer } from '../../shared/common/localizer';
import { stageText, stateText } from '../../shared/run/stateText';
import type { RunEntry } from './runEntry';

/** Nats to four decimals, or a dash for what was not measured. */
export function nats(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : value.toFixed(4);
}

/** `120/500`, or `120` when the end is not known. */
export function stepsText({ step, steps }: Pick<RunStatus, 'step' | 'steps'>): string {
  return steps === null ? String(step) : `${step}/${steps}`;
}

/**
 * What a run is doing, in a few words: `running · step 120/500 · domain loss 2.3100 · general loss 3.2100`. Losses are those of the
 * last evaluation: that of a step is of its batch, and cannot be compared with any other.
 */
export function activityText(run: RunEntry, l10n: Localizer): string {
  const { domainLoss = null, generalLoss = null } = run.status ?? {};
  return [
    doingText(run, l10n),
    ...(domainLoss === null ? [] : [l10n.t('domain loss {0}', nats(domainLoss))]),
    ...(generalLoss === null ? [] : [l10n.t('general loss {0}', nats(generalLoss))]),
  ].join(' · ');
}

/**
 * What a run's state is called, or what is under way to another: that somebody asked for a pause or an end, which comes after what
 * the trainer is at; that a process is being started to go on with the run.
 */
export function standingText(run: RunEntry, l10n: Localizer): string {
  return transitionText(run, l10n) ?? stateText(run.state, l10n);
}

/** What a run is on its way to; undefined where it stays as it is. */
export function transitionText({ state, status, asked }: RunEntry, l10n: Localizer): string | undefined {
  switch (asked) {
    case 'stop':
      return l10n.t('stopping');
    case 'pause':
      return l10n.t('pausing');
    case undefined:
      return state === 'starting' && (status?.checkpoints.length ?? 0) > 0 ? l10n.t('resuming') : undefined;
  }
}

/** The same without losses. */
export function doingText(run: RunEntry, l10n: Localizer): string {
  const { state, status } = run;
  if (status === undefined) {
    return standingText(run, l10n);
  }
  const { stage, progress, silentSeconds, step } = status;
  const transition = transitionText(run, l10n);
  const parts =
    state !== 'running' || ((stage === null || stage === 'tuning') && progress === null)
      ? [standingText(run, l10n)]
      : [
          ...(transition === undefined ? [] : [transition]),
          stageText(progress?.stage ?? stage ?? '', l10n),
          ...(progress === null ? [] : [percent(progress.fraction), progress.message]),
        ];
  if (silentSeconds !== null) {
    parts.push(l10n.t('no heartbeat for {0} min', Math.floor(silentSeconds / 60)));
  }
  if (step > 0) {
    parts.push(l10n.t('step {0}', stepsText(status)));
  }
  return parts.join(' · ');
}

/**
 * The same beside a name in a narrow list, which cuts it off at the end: what changes comes first, and the state is left out
 * where the icon says it. `24% · 2.310 domain · 3.210 general · step 120/500`
 */
export function rowText(run: RunEntry, l10n: Localizer): string {
  const { state, status } = run;
  if (status?.silentSeconds !== null) {
    return activityText(run, l10n);
  }
  const { step, steps, stage, progress } = status;
  const isTuning = (stage === null || stage === 'tuning') && progress === null;
  const transition = transitionText(run, l10n);
  const parts = [
    // Whoever has asked for it looks for this.
    ...(transition === undefined ? [] : [transition]),
    ...(state === 'running'
      ? isTuning
        ? steps === null
          ? []
          : [percent(step / Math.max(1, steps))]
        : [
            stageText(progress?.stage ?? stage ?? '', l10n),
            ...(progress === null ? [] : [percent(progress.fraction)]),
          ]
      : state === 'done' || transition !== undefined
        ? []
        : [stateText(state, l10n)]),
    ...shortLosses(status, l10n),
    ...(step > 0 ? [l10n.t('step {0}', stepsText(status))] : []),
  ];
  return parts.length === 0 ? stateText(state, l10n) : parts.join(' · ');
}

/** Both evaluated losses, short enough for a narrow list, where a word may be cut and no number: `2.310 domain`, `3.210 general`. */
export function shortLosses(
  { domainLoss, generalLoss }: Pick<RunStatus, 'domainLoss' | 'generalLoss'>,
  l10n: Localizer,
): string[] {
  return [
    ...(domainLoss === null ? [] : [l10n.t('{0} domain', domainLoss.toFixed(3))]),
    ...(generalLoss === null ? [] : [l10n.t('{0} general', generalLoss.toFixed(3))]),
  ];
}

function percent(fraction: number): string {
  return `${Math.floor(fraction * 100)}%`;
}

/** `2.0131 (+0.0021 since the start)` */
export function lossText(now: number, before: number | null | undefined, l10n: Localizer): string {
  if (before === null || before === undefined) {
    return nats(now);
  }
  const change = now - before;
  return l10n.t(
    '{0} ({1} since the start)',
    nats(now),
    `${change < 0 ? '−' : '+'}${Math.abs(change).toFixed(4)}`,
  );
}
