/** What turns English texts into the person's language: `vscode.l10n`, or for tests plain English. */
export interface Localizer {
  /** `{0}`, `{1}`, … stand for the arguments. */
  t(message: string, ...args: (string | number | boolean)[]): string;
}

/** Texts as they are without a translation. */
export const ENGLISH: Localizer = {
  t: (message, ...args) =>
    message.replace(/\{(\d+)\}/g, (whole, index: string) => String(args[Number(index)] ?? whole)),
};
