import type { RunMark } from '../../src/shared/run/runMark';
import type { ShownMark } from '../../src/shared/webview/run';
import { l10n } from './l10n';
import { formatCount, formatRate } from './format';

/** What the marks of a kind are called. */
export function markKindText(kind: ShownMark): string {
  const texts: Readonly<Record<ShownMark, string>> = {
    checkpoint: l10n.t('Checkpoints'),
    rate: l10n.t('Rate changes'),
    refresh: l10n.t('Refreshes of importance'),
    resume: l10n.t('Resumes'),
    remedy: l10n.t('Remedies against forgetting'),
  };
  return texts[kind];
}

/** What happened, as a title: `Base rate changed`. */
export function markTitle(mark: RunMark): string {
  switch (mark.kind) {
    case 'rate':
      return l10n.t('Base learning rate changed');
    case 'refresh':
      return l10n.t('Importance and rates refreshed from the {0}', sourceText(mark.source));
    case 'resume':
      return l10n.t('Resumed');
    case 'remedy':
      return remedyTitle(mark.remedy);
  }
}

function remedyTitle(remedy: Extract<RunMark, { kind: 'remedy' }>['remedy']): string {
  switch (remedy.kind) {
    case 'stop':
      return l10n.t('Stopped by the forgetting limit');
    case 'lower':
      return l10n.t('Base learning rate lowered against forgetting');
    case 'freeze':
      return l10n.t('Units frozen against forgetting: {0}', remedy.units.length);
    case 'rollBack':
      return l10n.t('Rolled back to the checkpoint');
  }
}

function sourceText(source: string): string {
  const texts: Readonly<Record<string, string>> = {
    'source layers': l10n.t('source layers'),
    'added layers': l10n.t('added layers'),
    'all layers': l10n.t('all layers'),
  };
  return texts[source] ?? source;
}

/** The numbers of it, before → after, a line each. */
export function markDetails(mark: RunMark): string[] {
  switch (mark.kind) {
    case 'rate':
      return [change(mark.from, mark.to)];
    case 'refresh':
      return refreshDetails(mark);
    case 'resume':
      return mark.reached > mark.step
        ? [
            l10n.t(
              'Step {0} → {1}: what came after is done again',
              formatCount(mark.reached),
              formatCount(mark.step),
            ),
          ]
        : [];
    case 'remedy':
      return [...remedyDetails(mark), l10n.t('Because: {0}', mark.because)];
  }
}

function change(from: number, to: number): string {
  return `${formatRate(from)} → ${formatRate(to)}`;
}

function refreshDetails({ before, after, most }: Extract<RunMark, { kind: 'refresh' }>): string[] {
  const text = ({ lowest, highest }: typeof after): string => `${formatRate(lowest)}–${formatRate(highest)}`;
  const rates = before === null ? text(after) : `${text(before)} → ${text(after)}`;
  return [
    l10n.t('Learning rates of the units: {0}', rates),
    ...(most === null
      ? []
      : [l10n.t('Largest change: {0}', `${most.layer}.${most.name} ${change(most.from, most.to)}`)]),
  ];
}

function remedyDetails({ at, remedy }: Extract<RunMark, { kind: 'remedy' }>): string[] {
  switch (remedy.kind) {
    case 'stop':
      return [];
    case 'lower':
      return [change(remedy.from, remedy.to)];
    case 'freeze':
      return [
        remedy.units.map(({ layer, name }) => `${layer}.${name}`).join(', '),
        l10n.t('Units that train still: {0}', remedy.left),
      ];
    case 'rollBack':
      return [
        l10n.t('Step {0} → {1}', formatCount(at), formatCount(remedy.back)),
        l10n.t('Base learning rate: {0}', change(remedy.from, remedy.to)),
      ];
  }
}

/** All of it in one line, for whoever hears it. */
export function markText(mark: RunMark): string {
  return [markTitle(mark), ...markDetails(mark)].join('; ');
}
