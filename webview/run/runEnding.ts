import { html, nothing, type TemplateResult } from 'lit';
import { stateText } from '../../src/shared/run/stateText';
import type { RunCommand, RunSummary } from '../../src/shared/webview/run';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { commandText, endText } from './runText';

/** What a person asks of the run. */
export interface CommandActions {
  command(command: RunCommand): void;
}

/** Why a run ended that was not done, and what can be done about it. */
export function runEnding(
  summary: RunSummary,
  hasCheckpoint: boolean,
  actions: CommandActions,
): TemplateResult | typeof nothing {
  if (summary.state === 'gone') {
    return gone(summary, actions);
  }
  if (summary.state === 'stopped' && summary.because !== null) {
    return html`<section class="notice notice-warning" aria-label=${stateText(summary.state, l10n)}>
      <p>
        <span class="codicon codicon-warning" aria-hidden="true"></span>
        ${l10n.t('It stopped by itself: {0}.', summary.because)}
      </p>
    </section>`;
  }
  if (summary.state !== 'died' && summary.state !== 'failed') {
    return nothing;
  }
  const offered = offeredAtEnd(summary);
  return html`<section class="notice notice-error" aria-label=${stateText(summary.state, l10n)}>
    <p>
      <span class="codicon codicon-error" aria-hidden="true"></span>
      ${endText(summary)}
      ${offered.includes('resume') && !hasCheckpoint ? l10n.t('There is no checkpoint yet: it begins again at step 0.') : nothing}
    </p>
    ${
      summary.lastLines.length === 0
        ? nothing
        : html`<p class="muted">${l10n.t('Its last lines:')}</p>
            <pre tabindex="0" aria-label=${l10n.t('Last lines')}>${summary.lastLines.join('\n')}</pre>`
    }
    ${offers(offered, hasCheckpoint, actions)}
  </section>`;
}

/** What is offered beside the cause of a run that did not end well; first what is to be done first. */
export function offeredAtEnd({ state, enabled }: RunSummary): readonly RunCommand[] {
  return state !== 'died' && state !== 'failed'
    ? []
    : (['openConfig', 'runAgain', 'resume', 'delete'] as const).filter(
        (command) => enabled.includes(command) && (command !== 'openConfig' || enabled.includes('runAgain')),
      );
}

/** What was read before is shown, or nothing. */
function gone(summary: RunSummary, actions: CommandActions): TemplateResult {
  const offered = summary.enabled.filter((command) => command === 'delete');
  return html`<section class="notice notice-warning" aria-label=${stateText('gone', l10n)}>
    <p>
      <span class="codicon codicon-warning" aria-hidden="true"></span>
      ${l10n.t('{0} is not there: it was deleted or moved, or its disk is not connected.', summary.folder)}
    </p>
    ${offers(offered, false, actions)}
  </section>`;
}

function offers(
  offered: readonly RunCommand[],
  hasCheckpoint: boolean,
  actions: CommandActions,
): TemplateResult | typeof nothing {
  if (offered.length === 0) {
    return nothing;
  }
  return html`<div class="offers">
    ${offered.map((command) =>
      pushButton({
        text: offerText(command, hasCheckpoint),
        command,
        primary: command === 'resume' || command === 'runAgain',
        act: () => {
          actions.command(command);
        },
      }),
    )}
  </div>`;
}

function offerText(command: RunCommand, hasCheckpoint: boolean): string {
  return command === 'resume'
    ? hasCheckpoint
      ? l10n.t('Resume from the last checkpoint')
      : l10n.t('Run Again')
    : command === 'openConfig'
      ? l10n.t('Open Configuration')
      : commandText(command);
}
