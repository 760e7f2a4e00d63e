import { html, type TemplateResult } from 'lit';
import type { Stretch } from '../../src/shared/run/answerDifference';
import { l10n } from './l10n';

/** An answer with what the other one lacks. Lines and blanks stay as the model wrote them. */
export function marked(stretches: readonly Stretch[], tag: 'ins' | 'del'): TemplateResult {
  const isEmpty = stretches.every(({ text }) => text === '');
  if (isEmpty) {
    return html`<span class="muted">${l10n.t('nothing')}</span>`;
  }
  return html`<span class="answer"
    >${stretches.map(({ text, changed }) =>
      changed ? (tag === 'ins' ? html`<ins>${text}</ins>` : html`<del>${text}</del>`) : text,
    )}</span
  >`;
}
