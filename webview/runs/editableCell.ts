import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';

/** Events of the cell. */
export interface EditableCellEvents {
  /** The text as the person left it. */
  commit: CustomEvent<string>;
  /** Whether it is being edited. */
  editing: CustomEvent<boolean>;
}

/**
 * A text that is edited where it stands: a button that shows it, and after a click or Enter a field. Enter, or leaving the
 * field, keeps the text; in one of several lines Ctrl+Enter does. Escape leaves it as it was.
 */
export class EditableCell extends LitElement {
  static override properties = {
    label: { attribute: false },
    text: { attribute: false },
    shown: { attribute: false },
    multiline: { attribute: false },
    hint: { attribute: false },
    draft: { state: true },
  };

  /** What it is, for screen readers. */
  declare label: string;
  /** What is edited. */
  declare text: string;
  /** How it is shown; the text when left out. */
  declare shown: unknown;
  declare multiline: boolean;
  /** Shown where there is no text, and in the empty field. */
  declare hint: string;
  declare private draft: string | undefined;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    if (this.draft === undefined) {
      return html`<button
        type="button"
        class="cell-text"
        title=${this.text === '' ? nothing : this.text}
        @click=${() => void this.begin()}
      >
        <span class="visually-hidden">${this.label}: </span>${
          this.text === '' ? html`<span class="cell-hint">${this.hint}</span>` : (this.shown ?? this.text)
        }
      </button>`;
    }
    return this.multiline
      ? html`<textarea
          rows="3"
          aria-label=${this.label}
          placeholder=${this.hint}
          .value=${live(this.draft)}
          @input=${this.onInput}
          @keydown=${this.onKey}
          @blur=${this.onBlur}
        ></textarea>`
      : html`<input
          type="text"
          aria-label=${this.label}
          placeholder=${this.hint}
          .value=${live(this.draft)}
          @input=${this.onInput}
          @keydown=${this.onKey}
          @blur=${this.onBlur}
        />`;
  }

  private async begin(): Promise<void> {
    this.draft = this.text;
    this.dispatchEvent(new CustomEvent('editing', { detail: true }));
    await this.updateComplete;
    const field = this.querySelector<HTMLInputElement | HTMLTextAreaElement>('input, textarea');
    field?.focus();
    field?.setSelectionRange(field.value.length, field.value.length);
  }

  private readonly onInput = (event: Event): void => {
    this.draft = (event.target as HTMLInputElement | HTMLTextAreaElement).value;
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    // The keys of the row are for other things.
    event.stopPropagation();
    const keeps =
      event.key === 'Enter' && !event.isComposing && (!this.multiline || event.ctrlKey || event.metaKey);
    if (keeps || event.key === 'Escape') {
      event.preventDefault();
      void this.end(keeps, true);
    }
  };

  private readonly onBlur = (): void => {
    void this.end(true, false);
  };

  private async end(keep: boolean, focus: boolean): Promise<void> {
    const { draft } = this;
    if (draft === undefined) {
      return;
    }
    this.draft = undefined;
    if (keep && draft !== this.text) {
      this.dispatchEvent(new CustomEvent('commit', { detail: draft }));
    }
    this.dispatchEvent(new CustomEvent('editing', { detail: false }));
    if (focus) {
      await this.updateComplete;
      this.querySelector('button')?.focus();
    }
  }
}
