import { l10n } from './l10n';
import type { PositionText } from './chartConfig';
import { formatCount } from './format';

/** How the positions along a chart are written: on the axis, and beside the values that are read there. */
export interface Positions {
  readonly tick?: PositionText;
  /** Where the ticks are, at most `most`; round numbers where left out. */
  readonly ticks?: (first: number, last: number, most: number) => number[];
  readonly reading: (position: number) => string;
}

export const STEPS: Positions = { reading: (step) => l10n.t('step {0}', formatCount(Math.round(step))) };
