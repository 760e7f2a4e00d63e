/**
 * The first key that an object of this JSON text holds twice. `JSON.parse` keeps the last of the two silently, so a
 * tensor named twice would simply vanish.
 * @param text JSON that `JSON.parse` accepts; the depth of nesting does not matter
 */
export function duplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i++) {
    switch (text.charAt(i)) {
      case '{':
        open.push(new Set());
        break;
      case '[':
        open.push(undefined);
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case '"': {
        const end = endOfString(text, i);
        const keys = open.at(-1);
        if (keys !== undefined && isKey(text, end)) {
          const key: unknown = JSON.parse(text.slice(i, end));
          if (typeof key === 'string' && keys.size === keys.add(key).size) {
            return key;
          }
        }
        i = end - 1;
        break;
      }
      default:
    }
  }
  return undefined;
}

/** The index behind the closing quote of the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') {
      i++;
    } else if (text[i] === '"') {
      return i + 1;
    }
  }
  return text.length;
}

/** Whether the next thing in the text is the colon that makes the string before it a key. */
function isKey(text: string, index: number): boolean {
  let i = index;
  while (text[i] === ' ' || text[i] === '\n' || text[i] === '\r' || text[i] === '\t') {
    i++;
  }
  return text[i] === ':';
}
