import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { BudgetedChoice } from '../../src/shared/estimate/budgetedPlan';
import type { BudgetProblem, BudgetReading, BudgetTexts } from '../../src/shared/launch/planBudget';
import { disclosure } from '../common/disclosure';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { bytesText, countText, durationText, layersText } from './texts';

export interface BudgetContent {
  readonly texts: BudgetTexts;
  readonly isOpen: boolean;
  /** What fits; undefined where the model has no price. Asked for only where it shows. */
  readonly read: () => BudgetReading | undefined;
  readonly toggle: (isOpen: boolean) => void;
  readonly change: (texts: BudgetTexts) => void;
  readonly take: (layers: readonly number[]) => void;
}

/** Choices that are shown. */
const SHOWN = 6;

/** Which layers, and how many, fit what a person has of memory, time and inference speed. */
export function budgetView(content: BudgetContent): TemplateResult {
  const { isOpen, toggle: change } = content;
  const heading = l10n.t('What fits a budget');
  return disclosure({ name: 'budget', heading, isOpen, change }, isOpen ? budget(content) : nothing);
}

function budget(content: BudgetContent): TemplateResult {
  const reading = content.read();
  if (reading === undefined) {
    return html`<p class="muted">
      ${l10n.t('There is no cost estimate for this model, so what fits is unknown.')}
    </p>`;
  }
  const field = (name: keyof BudgetTexts, label: string): TemplateResult =>
    budgetField(content, name, {
      label,
      problem: reading.problems.find((problem) => problem.field === name),
    });
  return html`<div class="settings">
      ${field('memory', l10n.t('Memory, GB'))} ${field('hours', l10n.t('Hours'))}
      ${field('slowdown', l10n.t('Inference, ×'))}
    </div>
    ${reading.problems.length > 0 ? nothing : choiceList(reading.choices, content)}`;
}

function choiceList(choices: readonly BudgetedChoice[], content: BudgetContent): TemplateResult {
  return choices.length === 0
    ? html`<p class="muted" role="status">${l10n.t('No layer fits.')}</p>`
    : html`<ul class="choices">
        ${choices.slice(0, SHOWN).map((choice) => item(choice, content))}
      </ul>`;
}

function problemText({ why }: BudgetProblem): string {
  switch (why) {
    case 'no number':
      return l10n.t('Give a number above 0, or leave this empty.');
    case 'no speed':
      return l10n.t('The speed of this machine is unknown: analyze the model here.');
    case 'no costs':
      return l10n.t('The memory that PyTorch takes is not known: leave this empty.');
    case 'no steps':
      return l10n.t('Give the number of steps below.');
  }
}

function budgetField(
  { texts, change }: BudgetContent,
  name: keyof BudgetTexts,
  { label, problem }: { readonly label: string; readonly problem: BudgetProblem | undefined },
): TemplateResult {
  return html`<div class="field">
    <label for="budget-${name}">${label}</label>
    <input
      id="budget-${name}"
      class="numeric"
      type="text"
      inputmode="decimal"
      autocomplete="off"
      aria-invalid=${problem === undefined ? 'false' : 'true'}
      aria-describedby=${problem === undefined ? nothing : `budget-${name}-problem`}
      .value=${live(texts[name])}
      @input=${(event: Event) => {
        change({
          ...texts,
          [name]: event.target instanceof HTMLInputElement ? event.target.value : '',
        });
      }}
    />
    ${problem === undefined ? nothing : html`<span id="budget-${name}-problem" class="error">${problemText(problem)}</span>`}
  </div>`;
}

function item({ layers, price, seconds }: BudgetedChoice, { take }: BudgetContent): TemplateResult {
  return html`<li>
    ${pushButton({
      text: l10n.t('Mark {0}', layersText(layers)),
      act: () => {
        take(layers);
      },
    })}
    <span class="muted">
      ${copiesText(layers.length)}${price.memoryBytes === undefined ? nothing : `, ${bytesText(price.memoryBytes)}`}${
        seconds === undefined ? nothing : `, ${durationText(seconds)}`
      }
    </span>
  </li>`;
}

function copiesText(count: number): string {
  return count === 1 ? l10n.t('1 copy') : l10n.t('{0} copies', countText(count));
}
