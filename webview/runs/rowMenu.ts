import { html, LitElement, type TemplateResult } from 'lit';

export interface MenuItem {
  readonly id: string;
  readonly text: string;
  /** The key that does the same in the row. */
  readonly key?: string | undefined;
}

/** Events of the menu. */
export interface RowMenuEvents {
  choose: CustomEvent<string>;
}

let made = 0;

/** A button that opens a menu over everything else, which the arrow keys go through. */
export class RowMenu extends LitElement {
  static override properties = {
    label: { attribute: false },
    items: { attribute: false },
  };

  declare label: string;
  declare items: readonly MenuItem[];
  private readonly menuId = `row-menu-${++made}`;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    return html`<button
        type="button"
        class="menu-button"
        aria-label=${this.label}
        title=${this.label}
        aria-haspopup="menu"
        aria-controls=${this.menuId}
        @click=${() => {
          this.open();
        }}
      >
        <span class="codicon codicon-ellipsis" aria-hidden="true"></span>
      </button>
      <div
        id=${this.menuId}
        class="menu"
        role="menu"
        aria-label=${this.label}
        popover="auto"
        @keydown=${this.onKey}
      >
        ${this.items.map(
          ({ id, text, key }) =>
            html`<button
              type="button"
              role="menuitem"
              tabindex="-1"
              @click=${() => {
                this.choose(id);
              }}
            >
              <span>${text}</span><span class="menu-key" aria-hidden="true">${key ?? ''}</span>
            </button>`,
        )}
      </div>`;
  }

  private get menu(): HTMLElement | null {
    return this.querySelector<HTMLElement>('.menu');
  }

  /** Opens the menu below its button, or above it where there is no room. */
  open(): void {
    const { menu } = this;
    const button = this.querySelector('.menu-button');
    if (menu === null || button === null) {
      return;
    }
    menu.showPopover();
    const at = button.getBoundingClientRect();
    const { width, height } = menu.getBoundingClientRect();
    const below = at.bottom + height <= window.innerHeight;
    menu.style.left = `${Math.max(0, Math.min(at.right, window.innerWidth) - width)}px`;
    menu.style.top = `${below ? at.bottom : Math.max(0, at.top - height)}px`;
    this.entries[0]?.focus();
  }

  private get entries(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>('[role="menuitem"]')];
  }

  private choose(id: string): void {
    this.menu?.hidePopover();
    this.querySelector<HTMLElement>('.menu-button')?.focus();
    this.dispatchEvent(new CustomEvent('choose', { detail: id }));
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    event.stopPropagation();
    const { entries } = this;
    const at = entries.indexOf(document.activeElement as HTMLElement);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: (at + 1) % entries.length,
      ArrowUp: (at - 1 + entries.length) % entries.length,
      Home: 0,
      End: entries.length - 1,
    };
    const next = moves[event.key];
    if (next !== undefined) {
      event.preventDefault();
      entries[next]?.focus();
    } else if (event.key === 'Tab') {
      this.menu?.hidePopover();
    }
  };
}
