import { html, type TemplateResult } from 'lit';

/** A button that is pressed or not. */
export function toggle(text: string, pressed: boolean, change: (pressed: boolean) => void): TemplateResult {
  return html`<button
    type="button"
    aria-pressed=${pressed ? 'true' : 'false'}
    @click=${() => {
      change(!pressed);
    }}
  >
    ${text}
  </button>`;
}

/** Buttons of which one is pressed: a choice between a few values. */
export function choice<T extends string>(
  name: string,
  options: readonly (readonly [T, string])[],
  chosen: T,
  choose: (value: T) => void,
): TemplateResult {
  return html`<div class="choice" role="group" aria-label=${name}>
    ${options.map(([value, text]) =>
      toggle(text, value === chosen, () => {
        choose(value);
      }),
    )}
  </div>`;
}
