import { html, type TemplateResult } from 'lit';
import type { KeptRound, PlaygroundHistory } from '../../src/shared/playground/history';
import type { PlaygroundRound } from '../../src/shared/webview/playground';
import { formatMoment } from '../common/format';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { summaryOf } from './askFields';

export interface HistoryContent {
  readonly history: PlaygroundHistory;
  /** The round whose answers are shown. */
  readonly shown: string | undefined;
  readonly canAsk: boolean;
  readonly show: (round: KeptRound) => void;
  readonly again: (round: KeptRound) => void;
  readonly forget: (round: KeptRound) => void;
  readonly clear: () => void;
}

/** What was asked in this workspace, the latest first. */
export function historyView(content: HistoryContent): TemplateResult {
  const { history, clear } = content;
  return html`<section class="history" aria-labelledby="history-heading">
    <div class="toolbar">
      <h2 id="history-heading">${l10n.t('History')}</h2>
      ${history.length === 0 ? '' : pushButton({ text: l10n.t('Clear History…'), icon: 'clear-all', act: clear })}
    </div>
    ${
      history.length === 0
        ? html`<p class="muted">${l10n.t('Nothing was asked in this workspace yet.')}</p>`
        : html`<ul>
            ${history.map((round) => roundView(content, round))}
          </ul>`
    }
  </section>`;
}

function roundView({ shown, canAsk, show, again, forget }: HistoryContent, round: KeptRound): TemplateResult {
  const prompt = round.prompt.trim() === '' ? l10n.t('(empty prompt)') : round.prompt;
  const short = prompt.replaceAll(/\s+/g, ' ');
  return html`<li>
    <button
      type="button"
      class="past"
      aria-pressed=${shown === round.id ? 'true' : 'false'}
      title=${prompt}
      @click=${() => {
        show(round);
      }}
    >
      <span class="past-prompt">${short}</span>
      <span class="muted"
        >${[formatMoment(round.time), ...round.answers.map(({ name }) => name), summaryOf(round.settings)].join(' · ')}</span
      >
    </button>
    ${pushButton({
      icon: 'debug-rerun',
      label: l10n.t('Ask again: {0}', short),
      title: l10n.t('Ask again'),
      disabled: !canAsk,
      act: () => {
        again(round);
      },
    })}
    ${pushButton({
      icon: 'close',
      label: l10n.t('Remove from the history: {0}', short),
      title: l10n.t('Remove'),
      act: () => {
        forget(round);
      },
    })}
  </li>`;
}

/** A round of the history as it is shown. */
export function roundOf({ id, prompt, settings, answers }: KeptRound): PlaygroundRound {
  return {
    ...{ id, prompt, settings },
    columns: answers.map(({ side, name, answer, problem }) => ({
      ...{ side, name, problem, state: 'ended', doing: '', text: answer?.text ?? '' },
      ...{ cost: answer?.cost ?? null, end: answer?.end ?? null, lacksTemplate: false },
    })),
  };
}
