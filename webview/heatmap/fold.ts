import { html, type TemplateResult } from 'lit';
import type { Fold } from './heatmapView';

export interface FoldContent {
  readonly name: Fold;
  readonly heading: string;
  /** Those that are open. */
  readonly open: readonly Fold[];
  readonly toggle: (open: readonly Fold[]) => void;
}

/** A part of the page that not everybody needs: its heading opens it, and the page remembers that. */
export function fold(
  { name, heading, open, toggle }: FoldContent,
  content: () => TemplateResult,
): TemplateResult {
  const isOpen = open.includes(name);
  return html`<details
    class="fold fold-${name}"
    ?open=${isOpen}
    @toggle=${(event: Event) => {
      // Also fires when the page opens it.
      const now = event.currentTarget instanceof HTMLDetailsElement && event.currentTarget.open;
      if (now !== isOpen) {
        toggle(now ? [...open, name] : open.filter((other) => other !== name));
      }
    }}
  >
    <summary><h2>${heading}</h2></summary>
    ${isOpen ? content() : ''}
  </details>`;
}
