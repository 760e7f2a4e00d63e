import '@vscode-elements/elements/dist/vscode-button/index.js';
import { html, nothing, type TemplateResult } from 'lit';

interface ButtonContent {
  /** What stands on it; for one with only an icon, `label` says it. */
  readonly text?: string | TemplateResult;
  /** A codicon before the text. */
  readonly icon?: string;
  /** What screen readers call it, where that is not its text. */
  readonly label?: string | undefined;
  readonly title?: string | undefined;
  /** What is to be done first or most often. */
  readonly primary?: boolean;
  /** Whether it would do nothing. It keeps its place in the tab order, and the focus that it may have. */
  readonly disabled?: boolean;
  /** Ids of what says more about it. */
  readonly describedBy?: string;
}

interface PushButton extends ButtonContent {
  readonly act: (event: Event) => void;
  /** Whether it is pressed, for one that stays pressed. */
  readonly pressed?: boolean;
  /** Whether what it does is under way. */
  readonly busy?: boolean;
  /** The name of what it does, by which tests find it. */
  readonly command?: string;
}

/**
 * The element acts on each keydown of Enter and Space, those that a held key repeats too, and lets Space scroll the page.
 * Heard before the element itself hears it.
 */
const keyGuard = {
  capture: true,
  handleEvent(event: KeyboardEvent): void {
    if (event.key !== 'Enter' && event.key !== ' ') {
      return;
    }
    event.preventDefault();
    if (event.repeat) {
      event.stopImmediatePropagation();
    }
  },
};

export function pushButton({ act, pressed, busy, command, ...content }: PushButton): TemplateResult {
  const { text, label, title, primary, disabled, describedBy } = content;
  return html`<vscode-button
    ?secondary=${primary !== true}
    ?icon-only=${text === undefined}
    data-command=${command ?? nothing}
    aria-label=${label ?? nothing}
    title=${title ?? nothing}
    aria-pressed=${pressed ?? nothing}
    aria-busy=${busy === true ? 'true' : nothing}
    aria-disabled=${disabled === true ? 'true' : nothing}
    aria-describedby=${describedBy ?? nothing}
    @keydown=${keyGuard}
    @click=${disabled === true ? nothing : act}
    >${face(content)}</vscode-button
  >`;
}

/** The button of a form. It sends the form also when it says that it is disabled: the form then says why. */
export function submitButton(content: ButtonContent): TemplateResult {
  const { label, title, disabled, describedBy } = content;
  // Enter in a field sends a form by its native button, which an element of a library is not.
  return html`<button type="submit" hidden></button
    ><vscode-button
      type="submit"
      aria-label=${label ?? nothing}
      title=${title ?? nothing}
      aria-disabled=${disabled === true ? 'true' : nothing}
      aria-describedby=${describedBy ?? nothing}
      @keydown=${keyGuard}
      >${face(content)}</vscode-button
    >`;
}

/**
 * The element's own `icon` would load the icons' style sheet once more in each button, and spins when motion is to be
 * reduced.
 */
function face({ text, icon }: ButtonContent): TemplateResult {
  const drawn =
    icon === undefined
      ? nothing
      : html`<span
          slot=${text === undefined ? nothing : 'content-before'}
          class="codicon codicon-${icon}"
          aria-hidden="true"
        ></span>`;
  return html`${drawn}${text ?? nothing}`;
}
