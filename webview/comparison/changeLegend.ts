import { html, nothing, type TemplateResult } from 'lit';
import { formatChange } from '../../src/shared/run/comparison';
import { formatShort } from '../../src/shared/heatmap/formatNumber';
import type { HeatScale } from '../../src/shared/heatmap/heatScale';
import { legendSamples } from '../../src/shared/heatmap/legendSamples';
import type { ChangeMeasure } from '../../src/shared/run/comparison';
import { l10n } from '../common/l10n';
import { heatClass } from '../common/heatRamp';

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
        ${legendSamples(scale, values).map(
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
                <span class="muted">${l10n.t('zero in A: no relative change')}</span>`
            : nothing
        }
      </dd>
    </div>
  </dl>`;
}
