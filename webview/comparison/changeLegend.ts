import { html, nothing, type TemplateResult } from 'lit';
import { formatChange } from '../../src/shared/comparison';
import { formatShort } from '../../src/shared/heatmap/formatNumber';
import type { HeatScale } from '../../src/shared/heatmap/heatScale';
import type { ChangeMeasure } from '../../src/shared/webview/comparison';
import { l10n } from '../common/l10n';
import { heatClass } from '../heatmap/heatRamp';

const SAMPLES = [0, 0.25, 0.5, 0.75, 1] as const;

/**
 * What the colours mean: sample cells with the values they stand for.
 * @param values all that are coloured
 * @param fresh whether a unit has no relative change, being zero in A
 */
export function changeLegend(
  scale: HeatScale,
  values: readonly number[],
  measure: ChangeMeasure,
  fresh: boolean,
): TemplateResult {
  const text = measure === 'change' ? formatChange : formatShort;
  return html`<dl class="legend" aria-label=${l10n.t('Legend')}>
    <div>
      <dt>
        ${measure === 'change' ? l10n.t('Relative change ‖B − A‖ / ‖A‖') : l10n.t('Difference ‖B − A‖')}
      </dt>
      <dd>
        ${samples(scale, values).map(
          ([heat, value]) => html`<span class="sample numeric ${heatClass(heat)}">${text(value)}</span>`,
        )}
        ${
          scale.offScale === 0
            ? nothing
            : html`<span class="sample numeric heat-off">${text(0)}</span>
                <span class="muted">${l10n.t('has no logarithm')}</span>`
        }
        ${
          fresh
            ? html`<span class="sample numeric heat-none">${l10n.t('new')}</span>
                <span class="muted">${l10n.t('zero in A: there is nothing to relate the change to')}</span>`
            : nothing
        }
      </dd>
    </div>
  </dl>`;
}

/** Heats from low to high with the values they stand for; a single one where all values are equal. */
function samples(scale: HeatScale, values: readonly number[]): (readonly [number, number])[] {
  const { kind, lowest, highest } = scale;
  if (lowest === undefined || highest === undefined) {
    return [];
  }
  if (lowest === highest) {
    return [[0.5, lowest]];
  }
  const sorted = kind === 'rank' ? [...values].sort((x, y) => x - y) : [];
  return SAMPLES.map((heat) => {
    switch (kind) {
      case 'linear':
        return [heat, lowest + heat * (highest - lowest)];
      case 'log':
        return [heat, lowest * (highest / lowest) ** heat];
      case 'rank':
        return [heat, sorted[Math.round(heat * (sorted.length - 1))] ?? lowest];
    }
  });
}
