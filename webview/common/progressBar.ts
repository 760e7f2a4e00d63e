import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import { html, nothing, type TemplateResult } from 'lit';

/**
 * How much is done, or that something is being done.
 * @param label its name for screen readers
 * @param fraction 0 to 1; unknown when left out
 */
export function progressBar(label: string, fraction?: number): TemplateResult {
  // Hundredths, since the element tells assistive technology whole numbers only.
  return html`<vscode-progress-bar
    aria-label=${label}
    value=${fraction === undefined ? nothing : 100 * Math.min(1, fraction)}
  ></vscode-progress-bar>`;
}
