import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { FormPart } from './heatmapView';

interface PartContent {
  readonly name: FormPart;
  readonly heading: string;
  /** Those that are open. */
  readonly open: readonly FormPart[];
  readonly toggle: (open: readonly FormPart[]) => void;
}

/** Fields that not everybody needs. Closed they are in the document too: what is wrong with one of them opens its part. */
export function formPart(
  { name, heading, open, toggle }: PartContent,
  fields: TemplateResult,
): TemplateResult {
  const isOpen = open.includes(name);
  return html`<details
    class=${name}
    ?open=${live(isOpen)}
    @toggle=${(event: Event) => {
      // Also fires when the page opens it.
      const now = event.currentTarget instanceof HTMLDetailsElement && event.currentTarget.open;
      if (now !== isOpen) {
        toggle(now ? [...open, name] : open.filter((other) => other !== name));
      }
    }}
  >
    <summary>${heading}</summary>
    ${fields}
  </details>`;
}
