import { html, nothing, type TemplateResult } from 'lit';
import type { ToStudy } from '../../src/shared/webview/study';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { progressBar } from '../common/progressBar';

export interface StudyActions {
  run(): void;
  stop(): void;
  /** Whether it was asked to stop, which takes until the run that is under way is saved. */
  readonly isStopping: boolean;
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
          ${pushButton({
            text: l10n.t('Run the Missing Runs'),
            primary: true,
            act: () => {
              actions.run();
            },
          })}
        </p>`
      : nothing;
  }
  const { fraction, message } = activity;
  return html`<div class="activity">
    ${fraction === null ? nothing : progressBar(l10n.t('Progress of the study'), fraction)}
    <span class="numeric" role="status"
      >${actions.isStopping ? l10n.t('Stopping after saving…') : message}</span
    >
    ${pushButton({
      text: l10n.t('Stop'),
      disabled: actions.isStopping,
      act: () => {
        actions.stop();
      },
    })}
  </div>`;
}
