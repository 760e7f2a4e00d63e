import type { Localizer } from '../../shared/common/localizer';
import type { AnalysisSummary } from './savedAnalyses';

/** `361.8 M`: three or four significant digits, as model names have them. */
export function parametersText(count: number): string {
  const units: readonly [number, string][] = [
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'k'],
  ];
  // The next unit takes over where rounding reaches it.
  const [size, name] = units.find(([unit]) => count >= unit * 0.99995) ?? [1, ''];
  const value = count / size;
  return name === '' ? String(count) : `${value < 9.995 ? value.toFixed(2) : value.toFixed(1)} ${name}`;
}

/** What was measured: `c4.jsonl, 32 sequences`; with domain text `c4.jsonl + gsm8k.jsonl, 32 sequences`. */
export function analysisName({ texts, sequences }: AnalysisSummary, l10n: Localizer): string {
  const name = texts
    .map((files) => (files.length > 1 ? `${files[0] ?? ''}, …` : (files[0] ?? '')))
    .join(' + ');
  return sequences === 1 ? l10n.t('{0}, 1 sequence', name) : l10n.t('{0}, {1} sequences', name, sequences);
}

/** `exact · base loss 2.5000 · least important: layer 3` */
export function analysisText({ mode, baseLoss, leastImportant }: AnalysisSummary, l10n: Localizer): string {
  const parts = [
    mode === 'exact' ? l10n.t('exact') : l10n.t('fast'),
    l10n.t('base loss {0}', baseLoss.toFixed(4)),
    ...(leastImportant === undefined ? [] : [l10n.t('least important: layer {0}', leastImportant)]),
  ];
  return parts.join(' · ');
}
