/** Characters that a tab shows before it is cut off. */
const LONGEST = 30;

/**
 * The title of a tab: what is too long is cut before the end, where names that belong together differ least.
 * @param suffix is kept whole, as ` · 45%`
 */
export function tabTitle(text: string, suffix = ''): string {
  const room = LONGEST - suffix.length;
  return text.length <= room ? `${text}${suffix}` : `${text.slice(0, room - 1).trimEnd()}…${suffix}`;
}
