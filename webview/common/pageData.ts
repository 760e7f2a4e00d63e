import * as v from 'valibot';
import { PAGE_DATA_ID, PageData } from '../../src/shared/webview/common';

let data: PageData | undefined;

/** What the extension wrote into the page; in a plain page without it, English and no source. */
export function pageData(): PageData {
  data ??= read();
  return data;
}

function read(): PageData {
  const text = document.getElementById(PAGE_DATA_ID)?.textContent;
  const value: unknown = text === undefined ? undefined : JSON.parse(text);
  return value === undefined ? { source: undefined, locale: 'en', strings: {} } : v.parse(PageData, value);
}
