import type { SettingTable, SettingValues } from './settingTable';

/** How a corpus is read: options of every command that reads text, and of each corpus in *.adept.json. */
export const TEXT_SETTINGS = {
  textColumn: {
    kind: 'text',
    placeholder: 'NAME',
    description:
      'column or key of the text, such as body or article.text; by default text, content or raw_content, or another known form of row',
  },
  documentStart: {
    kind: 'text',
    default: 'auto',
    placeholder: 'auto|none|TOKEN',
    description: "token before each document; auto: the one of the tokenizer's template",
  },
  documentEnd: {
    kind: 'text',
    default: 'auto',
    placeholder: 'auto|none|TOKEN',
    description:
      "token after each document; auto: the one of the tokenizer's template, otherwise EOS, or end of text if EOS ends a chat turn",
  },
  packing: {
    kind: 'choice',
    default: 'joined',
    choices: ['joined', 'separate'],
    description:
      'joined: a document attends to those before it in its sequence; separate: attention stays within a document, and positions restart at each',
  },
  dedup: {
    kind: 'choice',
    default: 'none',
    choices: ['none', 'exact'],
    description: 'exact: omit documents that occurred before, ignoring white space',
  },
  skipBadRows: {
    kind: 'switch',
    default: false,
    description: 'skip and count unreadable rows instead of ending at the first',
  },
} as const satisfies SettingTable;
export type TextSettings = SettingValues<typeof TEXT_SETTINGS>;
