import { html, type TemplateResult } from 'lit';
import type { ValueTable } from '../../src/shared/heatmap/valueTable';
import { l10n } from '../common/l10n';

/** Every value as plain text in a plain table: for screen readers, and to be copied. */
export function valueTableView({ headings, rows }: ValueTable): TemplateResult {
  return html`<div class="grid-scroll" tabindex="0" role="region" aria-label=${l10n.t('All values')}>
    <table class="values numeric">
      <caption>
        ${l10n.t('All values in full; rank 1 is the layer of lowest importance.')}
      </caption>
      <thead>
        <tr>
          ${headings.map((heading) => html`<th scope="col">${heading}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([layer, ...values]) =>
            html`<tr>
              <th scope="row">${layer}</th>
              ${values.map((value) => html`<td>${value}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
