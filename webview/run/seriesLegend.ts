import { html, type TemplateResult } from 'lit';
import type { Series } from './chartConfig';

/** Which line of a chart is which. */
export function seriesLegend(series: readonly Series[]): TemplateResult {
  return html`<ul class="legend">
    ${series.map(
      ({ label, colour, pale, dashed }) =>
        html`<li>
          <span
            class="key key-${colour} ${pale ? 'pale' : ''} ${dashed ? 'dashed' : ''}"
            aria-hidden="true"
          ></span
          >${label}
        </li>`,
    )}
  </ul>`;
}
