import { inkOn, type Rgb } from '../../src/shared/heatmap/ink';
import type { Heat } from '../../src/shared/heatmap/heatScale';

/** How many colours there are between low and high: more than an eye can tell apart. */
const STEPS = 100;

/** The class of a cell with this heat. */
export function heatClass(heat: Heat | undefined): string {
  return heat === undefined
    ? 'heat-none'
    : heat === 'off scale'
      ? 'heat-off'
      : `heat-${Math.round(heat * STEPS)}`;
}

/** The colours of every heat in the theme of the moment. */
export interface HeatColours {
  ground(heat: Heat | undefined): Rgb;
  ink(heat: Heat | undefined): Rgb;
}

/**
 * The rules that colour cells by their class. Cells are not touched when the theme changes, the rules are; and a rule in a
 * constructed style sheet is no inline style, which the content security policy forbids.
 */
export class HeatRamp {
  private readonly sheet = new CSSStyleSheet();
  private current: HeatColours & { readonly key: string };

  constructor() {
    document.adoptedStyleSheets.push(this.sheet);
    this.current = this.apply();
  }

  get colours(): HeatColours {
    return this.current;
  }

  /** Follows the theme's colours. Returns whether they changed. */
  refresh(): boolean {
    const before = this.current.key;
    this.current = this.apply();
    return before !== this.current.key;
  }

  private apply(): HeatColours & { readonly key: string } {
    const style = getComputedStyle(document.body);
    const [low, high] = ['--adept-heat-low', '--adept-heat-high'].map((name) =>
      style.getPropertyValue(name).trim(),
    );
    const mixes = Array.from(
      { length: STEPS + 1 },
      (_, step) => `color-mix(in oklch, ${low ?? ''}, ${high ?? ''} ${step}%)`,
    );
    const plain = [style.backgroundColor, style.color];
    const [ground = [255, 255, 255], foreground = [0, 0, 0], ...grounds] = readColours([...plain, ...mixes]);
    const inks = grounds.map((colour) => inkOn(colour, foreground));
    this.sheet.replaceSync(
      mixes
        .map(
          (mix, step) =>
            `.heat-${step}{background-color:${mix};color:rgb(${(inks[step] ?? foreground).join(' ')})}`,
        )
        .join('\n'),
    );
    const pick = (colours: readonly Rgb[], other: Rgb) => (heat: Heat | undefined) =>
      typeof heat === 'number' ? (colours[Math.round(heat * STEPS)] ?? other) : other;
    return {
      key: [...plain, low, high].join('|'),
      ground: pick(grounds, ground),
      ink: pick(inks, foreground),
    };
  }
}

/** What CSS colours come to in sRGB, as the browser paints them. */
function readColours(colours: readonly string[]): Rgb[] {
  const canvas = document.createElement('canvas');
  canvas.width = colours.length;
  canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) {
    return [];
  }
  for (const [index, colour] of colours.entries()) {
    context.fillStyle = colour;
    context.fillRect(index, 0, 1, 1);
  }
  const { data } = context.getImageData(0, 0, colours.length, 1);
  return colours.map((_, index): Rgb => [
    data[index * 4] ?? 0,
    data[index * 4 + 1] ?? 0,
    data[index * 4 + 2] ?? 0,
  ]);
}

/** Calls back when VS Code changes the theme: it rewrites the body's class and the document's variables. */
export function onThemeChange(react: () => void): void {
  const observer = new MutationObserver(react);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
}
