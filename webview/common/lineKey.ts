import { html, type TemplateResult } from 'lit';
import { LINE_DASHES } from './chartTheme';

/** A piece of a numbered line, as it is drawn in a chart: for legends and rows. */
export function lineKey(number: number): TemplateResult {
  return html`<svg class="line-key line-${number}" width="34" height="8" aria-hidden="true">
    <line x1="1" y1="4" x2="33" y2="4" stroke-dasharray=${(LINE_DASHES[number] ?? []).join(' ')}></line>
  </svg>`;
}
