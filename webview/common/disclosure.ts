import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';

export interface DisclosureContent {
  /** Classes of the element. */
  readonly name: string;
  readonly heading: string | TemplateResult;
  readonly isOpen: boolean;
  readonly change: (isOpen: boolean) => void;
}

/**
 * A part that its heading opens and closes, as the page's state says. A click changes the state at once, and not the element: what the page
 * renders between a click and the element's `toggle` event would undo the click.
 */
export function disclosure(
  { name, heading, isOpen, change }: DisclosureContent,
  content: unknown,
): TemplateResult {
  return html`<details
    class=${name}
    ?open=${live(isOpen)}
    @toggle=${({ currentTarget }: Event) => {
      // A browser that finds a word inside opens it by itself.
      if (currentTarget instanceof HTMLDetailsElement && currentTarget.open !== isOpen) {
        change(currentTarget.open);
      }
    }}
  >
    <summary
      @click=${(event: Event) => {
        event.preventDefault();
        change(!isOpen);
      }}
    >
      ${heading}
    </summary>
    ${content}
  </details>`;
}
