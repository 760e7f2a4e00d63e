/** Colour themes that every panel is looked at in, as VS Code offers them, with the classes that it gives its window and webviews. */
export const THEMES = {
  light: { label: 'Light Modern', windowClass: 'vs', bodyClass: 'vscode-light' },
  dark: { label: 'Dark Modern', windowClass: 'vs-dark', bodyClass: 'vscode-dark' },
  'high-contrast': {
    label: 'Dark High Contrast',
    windowClass: 'hc-black',
    bodyClass: 'vscode-high-contrast:not(.vscode-high-contrast-light)',
  },
  'high-contrast-light': {
    label: 'Light High Contrast',
    windowClass: 'hc-light',
    bodyClass: 'vscode-high-contrast-light',
  },
} as const;
export type Theme = keyof typeof THEMES;
