import { html, type TemplateResult } from 'lit';
import type { Series } from './chartConfig';
import { lineKey } from './lineKey';

/** Which line of a chart is which. */
export function seriesLegend(series: readonly Series[]): TemplateResult {
  return html`<ul class="legend">
    ${series.map(
      ({ label, colour, pale, dashed }) =>
        html`<li>
          ${
            typeof colour === 'number'
              ? lineKey(colour)
              : html`<span
                  class="key key-${colour} ${pale ? 'pale' : ''} ${dashed ? 'dashed' : ''}"
                  aria-hidden="true"
                ></span>`
          }${label}
        </li>`,
    )}
  </ul>`;
}
