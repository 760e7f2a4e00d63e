import { html, nothing, type TemplateResult } from 'lit';
import type { ToStudy } from '../../src/shared/webview/study';
import { l10n } from '../common/l10n';
import { progressBar } from '../common/progressBar';

export interface StudyActions {
  run(): void;
  stop(): void;
}

/** What is being done for the study, with a button that stops it; or one that goes on with it, where runs are missing. */
export function activityView(
  { activity, canRun }: Extract<ToStudy, { type: 'activity' }>,
  isOpen: boolean,
  actions: StudyActions,
): TemplateResult | typeof nothing {
  if (activity === null) {
    return canRun && isOpen
      ? html`<p>
          <button
            type="button"
            class="primary"
            @click=${() => {
              actions.run();
            }}
          >
            ${l10n.t('Run the Missing Runs')}
          </button>
        </p>`
      : nothing;
  }
  const { fraction, message } = activity;
  return html`<div class="activity">
    ${fraction === null ? nothing : progressBar(l10n.t('Progress of the study'), fraction)}
    <span class="numeric">${message}</span>
    <button
      type="button"
      @click=${() => {
        actions.stop();
      }}
    >
      ${l10n.t('Stop')}
    </button>
  </div>`;
}
