import { html, LitElement, type TemplateResult } from 'lit';
import { definitionOf, type Term } from '../../src/shared/glossary/glossary';
import { l10n } from './l10n';

/** Pixels between the button, its text and the edges of the page. */
const GAP = 4;

let hints = 0;

/** A “?” beside a word that a newcomer does not know: pressed, it says what the word means. Escape or a click elsewhere closes it. */
export class TermHint extends LitElement {
  static override properties = { term: { attribute: false } };

  declare term: Term;
  private readonly textId = `term-${++hints}`;

  /** In the page itself, so that the page's styles hold. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    const { name, text } = definitionOf(this.term, l10n);
    return html`<button
        type="button"
        class="term-button"
        popovertarget=${this.textId}
        aria-label=${l10n.t('What is “{0}”?', name)}
      >
        ?</button
      ><span id=${this.textId} class="term-text" popover role="note" @toggle=${this.position}
        ><strong>${name}</strong> ${text}</span
      >`;
  }

  /** Below the button, within the page. */
  private readonly position = (event: Event): void => {
    const { currentTarget: text } = event;
    const button = this.querySelector('button')?.getBoundingClientRect();
    if (!(text instanceof HTMLElement) || button === undefined || !text.matches(':popover-open')) {
      return;
    }
    const { width, height } = text.getBoundingClientRect();
    const left = Math.max(GAP, Math.min(button.left, innerWidth - width - GAP));
    const below = button.bottom + GAP;
    const top = below + height > innerHeight ? Math.max(GAP, button.top - height - GAP) : below;
    text.style.left = `${left}px`;
    text.style.top = `${top}px`;
  };
}

/** The hint of a term. The page has to define `adept-term`. */
export function termHint(term: Term): TemplateResult {
  return html`<adept-term .term=${term}></adept-term>`;
}
