import type { Localizer } from '../common/localizer';
import { formatRate } from '../common/metricText';
import type { RunMark } from './runMark';

/** Texts and whole numbers in the person's language. */
export interface MarkLanguage {
  readonly l10n: Localizer;
  readonly count: (value: number) => string;
}

/** What happened, as a title: `Base rate changed`. */
export function markTitle(mark: RunMark, l10n: Localizer): string {
  switch (mark.kind) {
    case 'rate':
      return l10n.t('Base learning rate changed');
    case 'refresh':
      return l10n.t('Importance and rates refreshed from the {0}', sourceText(mark.source, l10n));
    case 'resume':
      return l10n.t('Resumed');
    case 'remedy':
      return remedyTitle(mark.remedy, l10n);
  }
}

function remedyTitle(remedy: Extract<RunMark, { kind: 'remedy' }>['remedy'], l10n: Localizer): string {
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

function sourceText(source: string, l10n: Localizer): string {
  const texts: Readonly<Record<string, string>> = {
    'source layers': l10n.t('source layers'),
    'added layers': l10n.t('added layers'),
    'all layers': l10n.t('all layers'),
  };
  return texts[source] ?? source;
}

/** The numbers of it, before → after, a line each. */
export function markDetails(mark: RunMark, language: MarkLanguage): string[] {
  const { l10n, count } = language;
  switch (mark.kind) {
    case 'rate':
      return [change(mark.from, mark.to)];
    case 'refresh':
      return refreshDetails(mark, l10n);
    case 'resume':
      return mark.reached > mark.step
        ? [l10n.t('Step {0} → {1}: what came after is done again', count(mark.reached), count(mark.step))]
        : [];
    case 'remedy':
      return [...remedyDetails(mark, language), l10n.t('Because: {0}', mark.because)];
  }
}

function change(from: number, to: number): string {
  return `${formatRate(from)} → ${formatRate(to)}`;
}

function refreshDetails(
  { before, after, most }: Extract<RunMark, { kind: 'refresh' }>,
  l10n: Localizer,
): string[] {
  const text = ({ lowest, highest }: typeof after): string => `${formatRate(lowest)}–${formatRate(highest)}`;
  const rates = before === null ? text(after) : `${text(before)} → ${text(after)}`;
  return [
    l10n.t('Learning rates of the units: {0}', rates),
    ...(most === null
      ? []
      : [l10n.t('Largest change: {0}', `${most.layer}.${most.name} ${change(most.from, most.to)}`)]),
  ];
}

function remedyDetails(
  { at, remedy }: Extract<RunMark, { kind: 'remedy' }>,
  { l10n, count }: MarkLanguage,
): string[] {
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
        l10n.t('Step {0} → {1}', count(at), count(remedy.back)),
        l10n.t('Base learning rate: {0}', change(remedy.from, remedy.to)),
      ];
  }
}
