/** The theme's colours that charts draw with; a canvas cannot follow CSS variables by itself. */
export interface ChartTheme {
  readonly foreground: string;
  readonly muted: string;
  readonly grid: string;
  readonly background: string;
  readonly warning: string;
  readonly font: string;
  readonly fontSize: number;
  readonly series: Readonly<Record<SeriesColour, string>>;
  /** Of lines that have a number instead of a meaning, by that number. */
  readonly lines: readonly string[];
  /** How much of its colour a pale line keeps, as CSS writes a share. */
  readonly pale: string;
}

/** Lines that can be told apart, also without colours: how each is broken, in pixels. Their colours are `--run-line-NUMBER`. */
export const LINE_DASHES: readonly (readonly number[])[] = [
  [],
  [7, 4],
  [2, 3],
  [10, 3, 2, 3],
  [14, 4],
  [5, 2, 5, 7],
  [2, 6],
  [12, 3, 2, 3, 2, 3],
];

/** Each curve's colour, by the name of its CSS variable `--run-NAME`. */
const SERIES_COLOURS = ['loss', 'domain', 'general', 'rate', 'speed'] as const;
export type SeriesColour = (typeof SERIES_COLOURS)[number];

export function readChartTheme(): ChartTheme {
  const style = getComputedStyle(document.body);
  const value = (name: string): string => style.getPropertyValue(name).trim();
  return {
    // The body's own colours may be on their way from the last theme's: the page fades them.
    foreground: value('--vscode-foreground') || style.color,
    muted: value('--adept-muted'),
    grid: value('--run-grid'),
    background: value('--vscode-editor-background') || style.backgroundColor,
    warning: value('--run-warning'),
    font: style.fontFamily,
    fontSize: Math.max(10, parseFloat(style.fontSize) - 2),
    series: Object.fromEntries(
      SERIES_COLOURS.map((name) => [name, value(`--run-${name}`)]),
    ) as ChartTheme['series'],
    lines: LINE_DASHES.map((_, number) => value(`--run-line-${number}`)),
    pale: value('--run-pale'),
  };
}
