import { lastTokenSeconds, type PlaygroundHistory } from '../../src/shared/playground/history';
import type { Sides } from '../../src/shared/playground/sides';
import { l10n } from '../common/l10n';
import { countText } from '../common/quantities';
import { shortText } from './columnsView';

/** What the next prompt costs, as far as its models answered here before. */
export function estimateText(history: PlaygroundHistory, sides: Sides, maxTokens: number): string {
  const each = sides.flatMap((side) => lastTokenSeconds(history, side) ?? []);
  if (each.length < sides.length) {
    return l10n.t('What a token costs on this machine is measured with the first prompt.');
  }
  const perToken = each.reduce((sum, one) => sum + one, 0);
  return sides.length === 1
    ? l10n.t(
        'Last time a token took {0} ms: {1} tokens take up to {2} s.',
        shortText(perToken * 1000),
        countText(maxTokens),
        shortText(perToken * maxTokens),
      )
    : l10n.t(
        'Last time a token of both models took {0} ms: {1} tokens of each take up to {2} s.',
        shortText(perToken * 1000),
        countText(maxTokens),
        shortText(perToken * maxTokens),
      );
}
