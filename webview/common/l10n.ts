import { pageData } from './pageData';

/**
 * The translation of an English text, as `vscode.l10n.t` of the extension: `{0}`, `{1}`, … stand for the arguments.
 * The build collects the texts of calls `l10n.t('…')`, so the first argument is a literal.
 */
export const l10n = {
  t(text: string, ...args: readonly (string | number)[]): string {
    const translated = pageData().strings[text] ?? text;
    return translated.replace(/\{(\d+)\}/g, (placeholder, index: string) => {
      const value = args[Number(index)];
      return value === undefined ? placeholder : String(value);
    });
  },
};
