const GAP = 4;

/**
 * The box beside the cell under the pointer, until Escape or scrolling hides it. What it would say of a focused cell stands
 * below the grid, so screen readers need not know of it.
 */
export class CellTooltip {
  private readonly box = document.createElement('div');

  constructor() {
    this.box.className = 'cell-tooltip numeric';
    this.box.ariaHidden = 'true';
    this.box.hidden = true;
  }

  /** Shows the text beside a cell, inside the window. */
  show(cell: Element, text: string): void {
    if (!this.box.isConnected) {
      document.body.append(this.box);
      document.addEventListener('keydown', this.onKey);
      document.addEventListener('scroll', this.hide, { capture: true, passive: true });
    }
    this.box.textContent = text;
    this.box.hidden = false;
    const at = cell.getBoundingClientRect();
    const { width, height } = this.box.getBoundingClientRect();
    const below = at.bottom + GAP;
    const top = below + height > window.innerHeight ? at.top - GAP - height : below;
    // Properties, not an attribute: the content security policy allows no inline style.
    this.box.style.top = `${top}px`;
    this.box.style.left = `${Math.max(GAP, Math.min(at.left, window.innerWidth - width - GAP))}px`;
  }

  readonly hide = (): void => {
    this.box.hidden = true;
  };

  private readonly onKey = ({ key }: KeyboardEvent): void => {
    if (key === 'Escape') {
      this.hide();
    }
  };

  remove(): void {
    this.box.remove();
    document.removeEventListener('keydown', this.onKey);
    document.removeEventListener('scroll', this.hide, { capture: true });
  }
}
