import type { Localizer } from '../common/localizer';

/** What tells one export of a run from another. */
interface ExportMade {
  /** Of its checkpoint; null where no file says it. */
  readonly step: number | null;
  /** Strength of the added layers. */
  readonly alpha: number;
  /** Added layers that were left out. */
  readonly dropped: readonly number[];
}

/** The same in words, for lists and panels. */
export function exportFacts({ step, alpha, dropped }: ExportMade, l10n: Localizer): string[] {
  return [
    ...(step === null ? [] : [l10n.t('step {0}', step)]),
    ...(alpha === 1 ? [] : [l10n.t('strength {0}', alpha)]),
    ...(dropped.length === 0 ? [] : [l10n.t('without layers {0}', dropped.join(', '))]),
  ];
}
