import { html, nothing, type TemplateResult } from 'lit';
import type { StepRange } from './chartZoom';
import { formatCount } from './format';
import { l10n } from './l10n';
import { pushButton } from './pushButton';

/** What part is shown, and the way back to all of it; nothing to press where all is shown. */
export function zoomStatus(
  [first, last]: StepRange,
  [, end]: StepRange,
  isZoomed: boolean,
  reset: (event: Event) => void,
): TemplateResult {
  const text = isZoomed
    ? l10n.t(
        'steps {0}–{1} of {2}',
        formatCount(Math.round(first)),
        formatCount(Math.round(last)),
        formatCount(end),
      )
    : '';
  return html`<div class="zoom">
    <span role="status">${text}</span>
    ${isZoomed ? resetButton(reset) : nothing}
  </div>`;
}

export function resetButton(reset: (event: Event) => void): TemplateResult {
  return pushButton({ text: l10n.t('Reset zoom'), icon: 'screen-normal', command: 'resetZoom', act: reset });
}
