import type { CheckpointInfo } from '../../node/run/checkpointList';
import { bytesText as bytesIn } from '../../shared/common/bytesText';
import type { Localizer } from '../../shared/common/localizer';
import { nats, shortLosses } from '../runs/runText';

/** How a checkpoint is called: its label, or its step. */
export function checkpointName({ label, step }: CheckpointInfo, l10n: Localizer): string {
  return label ?? l10n.t('Step {0}', step);
}

/** What stands behind the name, short: losses, step, what it is the best in. */
export function checkpointDescription(info: CheckpointInfo, l10n: Localizer): string {
  if (info.problem !== null) {
    return l10n.t('cannot be used');
  }
  const { label, step } = info;
  // Both losses come first: a narrow view cuts the rest off, and the icon tells the best one.
  const parts = [
    ...shortLosses(info, l10n),
    ...(label === null ? [] : [l10n.t('step {0}', step)]),
    ...distinctions(info, l10n),
  ];
  return parts.join(' · ');
}

/** What sets the checkpoint apart from the others of its run. */
function distinctions({ bestDomain, bestGeneral, last }: CheckpointInfo, l10n: Localizer): string[] {
  return [
    ...(bestDomain ? [l10n.t('best')] : []),
    ...(bestGeneral ? [l10n.t('lowest general loss')] : []),
    ...(last ? [l10n.t('last')] : []),
  ];
}

/** All that is known, a line each. */
export function checkpointTooltip(info: CheckpointInfo, l10n: Localizer, locale: string): string {
  const { folder, label, step, createdAt, loss, domainLoss, generalLoss, baseLearningRate } = info;
  return [
    label === null ? l10n.t('Step {0}', step) : `${label} (${l10n.t('step {0}', step)})`,
    ...(info.problem === null ? [] : [info.problem]),
    ...(createdAt === null ? [] : [l10n.t('saved {0}', dateText(createdAt, locale))]),
    ...(domainLoss === null ? [] : [l10n.t('domain loss {0}', nats(domainLoss))]),
    ...(generalLoss === null ? [] : [l10n.t('general loss {0}', nats(generalLoss))]),
    ...(loss === null ? [] : [l10n.t('training loss {0}', nats(loss))]),
    ...(baseLearningRate === null ? [] : [l10n.t('base learning rate {0}', baseLearningRate)]),
    ...(info.bestDomain ? [l10n.t('the lowest domain loss of the run')] : []),
    ...(info.bestGeneral ? [l10n.t('the lowest general loss of the run')] : []),
    ...(info.last ? [l10n.t('the last: the run is resumed from it')] : []),
    bytesText(info.bytes, locale),
    folder,
  ].join('\n');
}

/** For screen readers, without signs that they would spell out. */
export function checkpointSpoken(info: CheckpointInfo, l10n: Localizer): string {
  const { label, step, domainLoss, generalLoss, problem } = info;
  return [
    ...(label === null ? [] : [label]),
    l10n.t('checkpoint of step {0}', step),
    ...(problem === null ? [] : [problem]),
    ...(domainLoss === null ? [] : [l10n.t('domain loss {0}', nats(domainLoss))]),
    ...(generalLoss === null ? [] : [l10n.t('general loss {0}', nats(generalLoss))]),
    ...distinctions(info, l10n),
  ].join(', ');
}

export function dateText(iso: string, locale: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime())
    ? iso
    : new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(date);
}

/** Bytes in decimal units, as disks are sold. */
export function bytesText(bytes: number, locale: string): string {
  return bytesIn(bytes, (options) => new Intl.NumberFormat(locale, options));
}
