import type { Localizer } from '../common/localizer';

/** Characters of a name: in UTF-8 up to 240 bytes, which leaves room in a file's 255 for the ending of a log. */
const LONGEST = 80;
/** Names of devices, which Windows takes for no file, whatever ending they have. */
const DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const FORBIDDEN = /[<>:"/\\|?*\u0000-\u001f]/;

/** Why a run cannot be called so on Linux, macOS or Windows, in a sentence; undefined when it can. */
export function runNameProblem(name: string, l10n: Localizer): string | undefined {
  if (name.trim() === '') {
    return l10n.t('Give a name.');
  }
  const [forbidden] = FORBIDDEN.exec(name) ?? [];
  if (forbidden !== undefined) {
    return forbidden < ' '
      ? l10n.t('A name has no control characters.')
      : l10n.t('A name has no {0}: it is the name of a folder.', forbidden);
  }
  if (name !== name.trim() || name.endsWith('.')) {
    return l10n.t('A name neither begins nor ends with a space, nor ends with a dot.');
  }
  if (name.startsWith('.')) {
    return l10n.t('A name does not begin with a dot: such folders are not shown as runs.');
  }
  if (DEVICES.test(name)) {
    return l10n.t('{0} is the name of a device on Windows: choose another.', name);
  }
  return name.length > LONGEST
    ? l10n.t('This name is too long: a name has at most {0} characters.', LONGEST)
    : undefined;
}
