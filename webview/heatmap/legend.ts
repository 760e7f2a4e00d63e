import { html, nothing, type TemplateResult } from 'lit';
import { formatShort } from '../../src/shared/heatmap/formatNumber';
import type { Heat, HeatScale } from '../../src/shared/heatmap/heatScale';
import { legendSamples } from '../../src/shared/heatmap/legendSamples';
import type { ColourRange } from '../../src/shared/heatmap/ranges';
import { l10n } from '../common/l10n';
import { termHint } from '../common/termHint';
import { heatClass } from '../common/heatRamp';
import { countText, rangeTitle } from './texts';

/** What the colours of each range mean: sample cells with the values they stand for. */
export function legend(ranges: readonly ColourRange[]): TemplateResult {
  return html`<dl class="legend" aria-label=${l10n.t('Legend')}>
    ${ranges.map(
      ({ name, scale, values }) =>
        html`<div>
          <dt>${rangeTitle(name)}${name === 'units' ? termHint('unit') : nothing}</dt>
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

/** Heats with what they stand for. */
export function samples(scale: HeatScale, values: readonly number[]): (readonly [Heat, string])[] {
  const isFlat = scale.lowest === scale.highest;
  return legendSamples(scale, values).map(([heat, value]) => [
    heat,
    isFlat ? l10n.t('all {0}', formatShort(value)) : formatShort(value),
  ]);
}
