import type { Localizer } from '../common/localizer';

/** Language models are tuned at 1e-6 to 1e-3; so much more makes noise of one in a few steps. */
const HIGH_RATE = 0.1;

/** What is wrong with a base learning rate, as a sentence; undefined when nothing is. */
export function rateProblem(rate: number, l10n: Localizer): string | undefined {
  if (rate >= HIGH_RATE) {
    return l10n.t('A rate of {0} destroys a language model in a few steps: 1e-5 to 1e-3 are usual.', rate);
  }
  return rate === 0 ? l10n.t('At a rate of 0 nothing is learned.') : undefined;
}

/**
 * Reads the base learning rate that a running run is to go on with.
 * @returns the rate, or why it is refused
 */
export function readRate(
  text: string,
  l10n: Localizer,
): { readonly rate: number } | { readonly problem: string } {
  const rate = text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(rate)) {
    return { problem: l10n.t('This is no number: write it as 1e-4 or 0.0001.') };
  }
  if (rate < 0) {
    return { problem: l10n.t('A learning rate is greater than 0.') };
  }
  const problem = rateProblem(rate, l10n);
  return problem === undefined ? { rate } : { problem };
}
