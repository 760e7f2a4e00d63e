import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { BudgetedChoice } from '../../src/shared/budgetedPlan';
import type { BudgetTexts } from '../../src/shared/launch/planBudget';
import { l10n } from '../common/l10n';
import { bytesText, countText, durationText, layersText } from './texts';

export interface BudgetContent {
  readonly texts: BudgetTexts;
  readonly isOpen: boolean;
  /** What fits, most layers first; undefined where the model has no price. Asked for only where it shows. */
  readonly choices: () => readonly BudgetedChoice[] | undefined;
  readonly toggle: (isOpen: boolean) => void;
  readonly change: (texts: BudgetTexts) => void;
  readonly take: (layers: readonly number[]) => void;
}

/** Choices that are shown. */
const SHOWN = 6;

/** Which layers, and how many, fit what a person has of memory, time and inference speed. */
export function budgetView(content: BudgetContent): TemplateResult {
  const { isOpen, toggle } = content;
  return html`<details
    class="budget"
    ?open=${isOpen}
    @toggle=${(event: Event) => {
      toggle((event.currentTarget as HTMLDetailsElement).open);
    }}
  >
    <summary>${l10n.t('What fits a budget')}</summary>
    ${isOpen ? budget(content) : nothing}
  </details>`;
}

function budget(content: BudgetContent): TemplateResult {
  const choices = content.choices();
  if (choices === undefined) {
    return html`<p class="muted">${l10n.t('The model has no price, so what fits cannot be told.')}</p>`;
  }
  return html` <div class="settings">
      ${budgetField(content, 'memory', l10n.t('Memory, GB'))}
      ${budgetField(content, 'hours', l10n.t('Hours'))}
      ${budgetField(content, 'slowdown', l10n.t('Inference, times as slow'))}
    </div>
    ${
      choices.length === 0
        ? html`<p class="muted" role="status">${l10n.t('Not even one layer fits.')}</p>`
        : html`<ul class="choices">
            ${choices.slice(0, SHOWN).map((choice) => item(choice, content))}
          </ul>`
    }`;
}

function budgetField(
  { texts, change }: BudgetContent,
  name: keyof BudgetTexts,
  label: string,
): TemplateResult {
  return html`<div class="field">
    <label for="budget-${name}">${label}</label>
    <input
      id="budget-${name}"
      class="numeric"
      type="text"
      inputmode="decimal"
      autocomplete="off"
      .value=${live(texts[name])}
      @input=${(event: Event) => {
        change({
          ...texts,
          [name]: event.target instanceof HTMLInputElement ? event.target.value : '',
        });
      }}
    />
  </div>`;
}

function item({ layers, price, seconds }: BudgetedChoice, { take }: BudgetContent): TemplateResult {
  return html`<li>
    <button
      type="button"
      @click=${() => {
        take(layers);
      }}
    >
      ${l10n.t('Mark {0}', layersText(layers))}
    </button>
    <span class="muted">
      ${l10n.t('{0} copies, {1}', countText(layers.length), bytesText(price.memoryBytes))}${
        seconds === undefined ? nothing : `, ${durationText(seconds)}`
      }
    </span>
  </li>`;
}
