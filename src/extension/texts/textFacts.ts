import { statSync } from 'node:fs';
import * as vscode from 'vscode';
import { corpusFilesOf } from '../../node/texts/corpusFiles';
import { knownTokenizerIdentity } from '../../node/model/tokenizerIdentity';
import { KnownTokens } from '../../node/texts/knownTokens';
import { textCacheFolder } from '../../node/texts/textCacheFolder';
import { bytesText, countText } from './bytesText';

/** What is known of a text without reading it. */
export interface TextSize {
  /** On the disk, of all of its files. */
  readonly bytes: number;
  /** Null as long as it was not tokenised. */
  readonly tokens: number | null;
}

/** Sizes of texts, and their tokens where a model's tokenizer has read them before. */
export class TextFacts {
  private constructor(private readonly tokens: KnownTokens | undefined) {}

  /** As of now. @param model the folder whose tokenizer counts; undefined: nobody knows any tokens */
  static now(model: string | undefined): TextFacts {
    return new TextFacts(model === undefined ? undefined : knownTokensOf(model));
  }

  /** @param entries files, folders and globs that are one text; undefined where they are none */
  sizeOf(entries: readonly string[]): TextSize | undefined {
    try {
      const files = entries.flatMap((entry) => corpusFilesOf(entry, ''));
      const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
      return { bytes, tokens: this.tokens?.of(files) ?? null };
    } catch {
      // What is wrong with them is said where they are chosen.
      return undefined;
    }
  }

  /** `1.2 MB · 33,284 tokens`; nothing where they are no text. */
  textOf(entries: readonly string[]): string {
    const size = this.sizeOf(entries);
    if (size === undefined) {
      return '';
    }
    const bytes = bytesText(size.bytes);
    return size.tokens === null ? bytes : `${bytes} · ${vscode.l10n.t('{0} tokens', countText(size.tokens))}`;
  }
}

/** What a model's tokenizer has read; undefined of a folder that cannot be read, which is said where the model is used. */
export function knownTokensOf(model: string): KnownTokens | undefined {
  try {
    return KnownTokens.in(textCacheFolder(), knownTokenizerIdentity(model));
  } catch {
    return undefined;
  }
}
