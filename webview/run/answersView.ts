import { html, nothing, type TemplateResult } from 'lit';
import type { PromptSource } from '../../src/shared/run/answers';
import type { RunView, ShownPrompt } from '../../src/shared/webview/run';
import { dataTable, type DataRow } from '../common/dataTable';
import { formatCount } from '../common/format';
import { l10n } from '../common/l10n';
import { marked } from '../common/markedAnswer';
import { pushButton } from '../common/pushButton';
import { changedCount, comparedAnswers, shownRound, type ComparedAnswer } from './answersModel';
import type { RunModel } from './runModel';

export interface AnswersContent {
  readonly answers: RunModel['answers'];
  readonly view: RunView;
  readonly keep: (change: Partial<RunView>) => void;
  readonly save: () => void;
}

/** What the model says to the run's prompts before the first step and since: all prompts at a step, or a prompt at all steps. */
export function answersView(content: AnswersContent): TemplateResult {
  const { answers, view } = content;
  const round = shownRound({ ...answers, step: view.answersStep });
  if (round === undefined) {
    return html`<p class="muted">
      ${l10n.t('Nothing has been asked. With "answers": {} in the configuration, the model answers prompts before the first step and at each evaluation.')}
    </p>`;
  }
  const prompt = view.answersPrompt === null ? undefined : answers.prompts[view.answersPrompt];
  const rows = comparedAnswers({
    ...answers,
    step: view.answersStep,
    prompt: prompt === undefined ? null : view.answersPrompt,
    filter: view.answersFilter,
  });
  return html`<div class="answers">
    <div class="toolbar">
      ${prompt === undefined ? stepSelect(content, round.step) : backButton(content)}
      <label
        >${l10n.t('Search')}
        <input
          type="search"
          .value=${view.answersFilter}
          placeholder=${l10n.t('text')}
          @input=${(event: Event) => {
            content.keep({ answersFilter: (event.currentTarget as HTMLInputElement).value });
          }}
        />
      </label>
      <span class="muted" role="status"
        >${
          prompt === undefined
            ? l10n.t(
                '{0} of {1} answers differ from those before',
                changedCount(answers, round),
                round.answers.length,
              )
            : l10n.t('{0} of {1} steps', rows.length, answers.rounds.length)
        }</span
      >
      ${pushButton({ text: l10n.t('Save as CSV…'), icon: 'save', act: content.save })}
    </div>
    ${prompt === undefined ? nothing : html`<div class="answers-prompt">${promptText(prompt)}</div>`}
    ${
      rows.length === 0
        ? html`<p class="muted">${l10n.t('No prompt and no answer matches.')}</p>`
        : prompt === undefined
          ? allPrompts(rows, content)
          : allSteps(rows)
    }
  </div>`;
}

function stepSelect({ answers, view, keep }: AnswersContent, shown: number): TemplateResult {
  const last = answers.rounds.at(-1)?.step;
  return html`<label
    >${l10n.t('Answers at')}
    <select
      @change=${(event: Event) => {
        const step = Number((event.currentTarget as HTMLSelectElement).value);
        keep({ answersStep: step === last ? null : step });
      }}
    >
      ${answers.rounds.map(({ step }) => {
        const text = step === last ? l10n.t('step {0}, the last', formatCount(step)) : stepText(step);
        const isShown = view.answersStep === null ? step === last : step === shown;
        return html`<option value=${step} ?selected=${isShown}>${text}</option>`;
      })}
    </select>
  </label>`;
}

function backButton({ keep }: AnswersContent): TemplateResult {
  return pushButton({
    text: l10n.t('All prompts'),
    icon: 'arrow-left',
    act: () => {
      keep({ answersPrompt: null });
    },
  });
}

function allPrompts(rows: readonly ComparedAnswer[], { keep }: AnswersContent): TemplateResult {
  const step = rows[0]?.step ?? 0;
  return dataTable({
    classes: 'answers-table',
    caption: l10n.t(
      'Answers before tuning and at step {0}; words that the other one lacks are marked',
      formatCount(step),
    ),
    captionIsHidden: true,
    headings: [l10n.t('prompt'), l10n.t('before'), step === 0 ? l10n.t('step {0}', 0) : stepText(step)],
    rows: rows.map((row): DataRow => {
      const over = pushButton({
        icon: 'history',
        label: l10n.t('Answers at all steps to: {0}', row.prompt.text),
        title: l10n.t('Answers at all steps'),
        act: () => {
          keep({ answersPrompt: row.index });
        },
      });
      const name = html`<div class="answers-name">
        <div>${promptText(row.prompt)}</div>
        ${over}
      </div>`;
      return { name, cells: [marked(row.before, 'del'), afterCell(row)] };
    }),
  });
}

function allSteps(rows: readonly ComparedAnswer[]): TemplateResult {
  return dataTable({
    classes: 'answers-table steps',
    caption: l10n.t('Answers at each step; words that the answer before tuning lacks are marked'),
    captionIsHidden: true,
    headings: [l10n.t('step'), l10n.t('answer')],
    rows: rows.map((row): DataRow => {
      const isFirst = row.step === 0;
      return {
        name: isFirst ? l10n.t('before') : formatCount(row.step),
        cells: [isFirst ? marked(row.after, 'ins') : afterCell(row)],
      };
    }),
  });
}

function afterCell(row: ComparedAnswer): TemplateResult {
  return row.isSame && row.step > 0
    ? html`<span class="muted">${l10n.t('as before')}</span>`
    : marked(row.after, 'ins');
}

function stepText(step: number): string {
  return step === 0 ? l10n.t('before') : l10n.t('step {0}', formatCount(step));
}

function promptText({ text, source, reference }: ShownPrompt): TemplateResult {
  return html`<span class="answer">${text}</span>
    <span class="muted source">${sourceText(source)}</span>
    ${
      reference === undefined
        ? nothing
        : html`<details>
            <summary>${l10n.t('How the text goes on')}</summary>
            <span class="answer">${reference}</span>
          </details>`
    }`;
}

function sourceText(source: PromptSource): string {
  const texts: Readonly<Record<PromptSource, string>> = {
    file: '',
    general: l10n.t('general'),
    domain: l10n.t('from the domain text'),
  };
  return texts[source];
}
