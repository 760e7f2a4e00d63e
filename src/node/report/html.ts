/** Markup, which is not escaped once more. */
export class Html {
  constructor(readonly markup: string) {}
}

/** What stands in a template: text and numbers are escaped, markup is taken as it is, and what is not there leaves nothing. */
export type Content = Html | string | number | undefined | readonly Content[];

/** Markup of a template; everything that is put into it is escaped, in an attribute's quotes, too. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  const [first = '', ...others] = parts;
  return new Html(first + others.map((part, index) => markupOf(contents[index]) + part).join(''));
}

function markupOf(content: Content): string {
  if (content === undefined) {
    return '';
  }
  if (content instanceof Html) {
    return content.markup;
  }
  if (typeof content === 'string' || typeof content === 'number') {
    return String(content).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  }
  return content.map(markupOf).join('');
}
