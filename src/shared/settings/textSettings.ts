import type { SettingTable, SettingValues } from './settingTable';

/** How a corpus is read: options of every command that reads text, and of each corpus in *.adept.json. */
export const TEXT_SETTINGS = {
  textColumn: {
    kind: 'text',
    placeholder: 'NAME',
    description:
      'the column or key that holds the text, for example body or article.text; by default text, content or raw_content, or what else the rows have',
  },
  documentStart: {
    kind: 'text',
    default: 'auto',
    placeholder: 'auto|none|TOKEN',
    description: "token before each document; auto: the one that the tokenizer's own template sets",
  },
  documentEnd: {
    kind: 'text',
    default: 'auto',
    placeholder: 'auto|none|TOKEN',
    description:
      "token after each document; auto: the one that the tokenizer's own template sets, or the end of a text where that is the end of a turn in a chat",
  },
  packing: {
    kind: 'choice',
    default: 'joined',
    choices: ['joined', 'separate'],
    description:
      'joined: documents of a sequence see those before them; separate: no position sees another document, and positions begin anew at each',
  },
  dedup: {
    kind: 'choice',
    default: 'none',
    choices: ['none', 'exact'],
    description: 'exact: a document that was there before, but for white space, is left out',
  },
  skipBadRows: {
    kind: 'switch',
    default: false,
    description: 'pass over rows that cannot be read, and count them, instead of ending at the first',
  },
} as const satisfies SettingTable;
export type TextSettings = SettingValues<typeof TEXT_SETTINGS>;
