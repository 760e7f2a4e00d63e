import { html, nothing, type TemplateResult } from 'lit';
import { formatShort } from '../../src/shared/heatmap/formatNumber';
import type { Heat, HeatScale } from '../../src/shared/heatmap/heatScale';
import type { ColourRange } from '../../src/shared/heatmap/ranges';
import { l10n } from '../common/l10n';
import { heatClass } from './heatRamp';
import { countText, rangeTitle } from './texts';

const SAMPLES = [0, 0.25, 0.5, 0.75, 1] as const;

/** What the colours of each range mean: sample cells with the values they stand for. */
export function legend(ranges: readonly ColourRange[]): TemplateResult {
  return html`<dl class="legend" aria-label=${l10n.t('Legend')}>
    ${ranges.map(
      ({ name, scale, values }) =>
        html`<div>
          <dt>${rangeTitle(name)}</dt>
          <dd>
            ${samples(scale, values).map(
              ([heat, text]) => html`<span class="sample numeric ${heatClass(heat)}">${text}</span>`,
            )}
            ${
              scale.offScale === 0
                ? nothing
                : html`<span class="sample numeric heat-off">≤ 0</span>
                    <span class="muted">${offScaleText(scale.offScale)}</span>`
            }
          </dd>
        </div>`,
    )}
  </dl>`;
}

/** How many values are off a logarithmic scale. */
export function offScaleText(count: number): string {
  return count === 1
    ? l10n.t('1 value has no logarithm')
    : l10n.t('{0} values have no logarithm', countText(count));
}

/** Heats from low to high with what they stand for; a single one where all values are equal. */
export function samples(scale: HeatScale, values: readonly number[]): (readonly [Heat, string])[] {
  const { kind, lowest, highest } = scale;
  if (lowest === undefined || highest === undefined) {
    return [];
  }
  if (lowest === highest) {
    return [[0.5, l10n.t('all {0}', formatShort(lowest))]];
  }
  const sorted = kind === 'rank' ? [...values].sort((a, b) => a - b) : [];
  return SAMPLES.map((heat) => {
    switch (kind) {
      case 'linear':
        return [heat, formatShort(lowest + heat * (highest - lowest))];
      case 'log':
        return [heat, formatShort(lowest * (highest / lowest) ** heat)];
      case 'rank':
        return [heat, formatShort(sorted[Math.round(heat * (sorted.length - 1))] ?? lowest)];
    }
  });
}
