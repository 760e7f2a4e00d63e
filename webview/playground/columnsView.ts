import { html, nothing, type TemplateResult } from 'lit';
import type { AnswerCost, SideAnswer } from '../../src/shared/playground/sideAnswer';
import { answerDifference, type Stretch } from '../../src/shared/run/answerDifference';
import type { PlaygroundColumn, PlaygroundRound } from '../../src/shared/webview/playground';
import { l10n } from '../common/l10n';
import { marked } from '../common/markedAnswer';
import { once } from '../common/once';
import { pushButton } from '../common/pushButton';
import { countText } from '../common/quantities';

export interface ColumnsContent {
  readonly round: Pick<PlaygroundRound, 'prompt' | 'settings' | 'columns'>;
  /** What is said of when and how it was asked. */
  readonly about: string;
  /** What is said elsewhere, and need not be said of a column. */
  readonly known: string | null;
  readonly copy: (text: string) => void;
}

/** Both answers as one view shows them: a page has two of them at most. */
const differences = once<readonly [readonly Stretch[], readonly Stretch[]] | undefined>();

/** A prompt and its answers, side by side; when both have ended, with the words that the other one lacks marked. */
export function columnsView({ round, about, known, copy }: ColumnsContent): TemplateResult {
  const columns = round.columns.map((column) =>
    column.problem === known ? { ...column, problem: null } : column,
  );
  const [first, second] = columns;
  const haveEnded = columns.every(({ state, cost }) => state === 'ended' && cost !== null);
  const stretches = differences([first?.text, second?.text, haveEnded], () => {
    if (!haveEnded || first === undefined || second === undefined) {
      return undefined;
    }
    const { before, after } = answerDifference(first.text, second.text);
    return [before, after] as const;
  });
  const isSame = stretches !== undefined && first?.text === second?.text;
  return html`<section class="answers" aria-labelledby="answers-heading">
    <h2 id="answers-heading">${l10n.t('Answers')} <span class="muted">${about}</span></h2>
    <div class="asked">
      ${
        round.prompt === ''
          ? html`<span class="muted">${l10n.t('(empty prompt)')}</span>`
          : html`<span class="answer">${round.prompt}</span>`
      }
    </div>
    ${isSame ? html`<p class="muted">${l10n.t('Both answers are the same.')}</p>` : nothing}
    ${sharedProblem(columns) ?? nothing}
    <div class="columns ${columns.length === 1 ? 'one' : ''}">
      ${columns.map((column, index) => columnView({ column, index, stretches: stretches?.[index], columns, copy }))}
    </div>
  </section>`;
}

interface ColumnContent extends Pick<ColumnsContent, 'copy'> {
  readonly column: PlaygroundColumn;
  readonly index: number;
  readonly stretches: readonly Stretch[] | undefined;
  readonly columns: readonly PlaygroundColumn[];
}

function columnView({ column, index, stretches, columns, copy }: ColumnContent): TemplateResult {
  const { name, state, text, cost, end, problem, lacksTemplate } = column;
  const id = `column-${index}`;
  const isOwnProblem = problem !== null && sharedProblem(columns) === undefined;
  return html`<article class="column" aria-labelledby=${id} aria-busy=${state === 'ended' ? 'false' : 'true'}>
    <div class="column-head">
      <h3 id=${id}>${name}</h3>
      ${pushButton({
        icon: 'copy',
        label: l10n.t('Copy the answer of {0}', name),
        title: l10n.t('Copy'),
        disabled: text === '',
        act: () => {
          copy(text);
        },
      })}
    </div>
    <div class="said" tabindex="0" role="region" aria-label=${l10n.t('Answer of {0}', name)}>
      ${
        stretches !== undefined
          ? marked(stretches, index === 0 ? 'del' : 'ins')
          : text === '' && cost === null
            ? html`<span class="muted">${waitingText(column)}</span>`
            : marked([{ text, changed: false }], 'ins')
      }
    </div>
    <div class="below">
      ${isOwnProblem ? problemView(problem) : nothing}
      ${
        lacksTemplate
          ? html`<p class="muted">
              ${l10n.t('This model has no chat template: the prompt was asked as a text.')}
            </p>`
          : nothing
      }
      ${cost === null ? nothing : html`<p class="muted cost">${costText(cost, end)}</p>`}
    </div>
  </article>`;
}

/** What is wrong with the prompt is wrong with it on both sides, and said once. */
function sharedProblem(columns: readonly PlaygroundColumn[]): TemplateResult | undefined {
  const [first, second] = columns;
  return first?.problem !== null && first?.problem !== undefined && first.problem === second?.problem
    ? problemView(first.problem)
    : undefined;
}

function problemView(problem: string): TemplateResult {
  return html`<div class="notice error" role="alert">
    <span class="codicon codicon-error" aria-hidden="true"></span>
    <p>${problem}</p>
  </div>`;
}

function waitingText({ state, doing }: PlaygroundColumn): string {
  switch (state) {
    case 'waiting':
      return l10n.t('waits');
    case 'loading':
      return doing;
    case 'reading':
    case 'answering':
      return l10n.t('reads the prompt…');
    case 'ended':
      return l10n.t('no answer');
  }
}

/** What the answer cost, and why it ends. */
function costText(cost: AnswerCost, end: SideAnswer['end'] | null): string {
  const { promptTokens, promptSeconds, tokens, tokenSeconds } = cost;
  return [
    l10n.t('{0} tokens', countText(tokens)),
    ...(tokenSeconds === null || tokenSeconds === 0
      ? []
      : [
          l10n.t(
            '{0} ms per token, {1} tokens per second',
            shortText(tokenSeconds * 1000),
            shortText(1 / tokenSeconds),
          ),
        ]),
    l10n.t('prompt of {0} tokens read in {1} s', countText(promptTokens), shortText(promptSeconds)),
    ...(end === null ? [] : [endText(end)]),
  ].join(' · ');
}

function endText(end: SideAnswer['end']): string {
  switch (end) {
    case 'stop':
      return l10n.t('came to its end');
    case 'length':
      return l10n.t('as many tokens as were allowed');
    case 'context':
      return l10n.t('the context is full');
    case 'stopped':
      return l10n.t('stopped');
  }
}

/** Two digits that count, without an exponent. */
export function shortText(value: number): string {
  return value >= 10 ? countText(Math.round(value)) : String(Number(value.toPrecision(2)));
}
