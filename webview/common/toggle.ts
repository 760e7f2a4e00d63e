import { html, type TemplateResult } from 'lit';
import { pushButton } from './pushButton';

/** A button that is pressed or not. */
export function toggle(text: string, pressed: boolean, change: (pressed: boolean) => void): TemplateResult {
  return pushButton({
    text,
    pressed,
    act: () => {
      change(!pressed);
    },
  });
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
