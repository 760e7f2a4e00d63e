import '@vscode-elements/elements/dist/vscode-badge/index.js';
import { html, type TemplateResult } from 'lit';

/** A word that marks what it stands beside. */
export function badge(text: string): TemplateResult {
  return html`<vscode-badge>${text}</vscode-badge>`;
}
