/** The most that rounding makes of no difference, pixels. */
const ROUNDING = 1;

/**
 * Says of a box that scrolls sideways, as `data-wide` and `data-more` of an element for its styles, whether there is more than
 * it shows, and whether some of that is to the right.
 */
export class SideScroll {
  private box: HTMLElement | undefined;
  private readonly resizes = new ResizeObserver(() => {
    this.tell();
  });

  constructor(private readonly told: HTMLElement) {}

  /** @param box what scrolls; its first child is what it shows */
  watch(box: HTMLElement): void {
    if (this.box === box) {
      return;
    }
    this.stop();
    this.box = box;
    box.addEventListener('scroll', this.tell, { passive: true });
    this.resizes.observe(box);
    if (box.firstElementChild !== null) {
      this.resizes.observe(box.firstElementChild);
    }
  }

  stop(): void {
    this.resizes.disconnect();
    this.box?.removeEventListener('scroll', this.tell);
    this.box = undefined;
  }

  private readonly tell = (): void => {
    if (this.box !== undefined) {
      const { scrollLeft, clientWidth, scrollWidth } = this.box;
      this.told.toggleAttribute('data-wide', scrollWidth - clientWidth > ROUNDING);
      this.told.toggleAttribute('data-more', scrollWidth - clientWidth - scrollLeft > ROUNDING);
    }
  };
}
