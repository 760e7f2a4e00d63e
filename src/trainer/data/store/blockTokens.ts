import { createHash } from 'node:crypto';
import { AdeptError } from '../../../shared/common/errors';
import { NOTHING_SKIPPED, type SkipCounts, type StoredText } from '../../../shared/texts/storedText';
import type { Framing } from '../../../shared/texts/texts';
import type { DocumentFrame } from '../tokenizer/documentFrame';
import { ChatTemplate, type ChatTemplateDescription } from '../reading/chatTemplate';
import { documentsOf } from '../reading/documentsOf';
import type { RowBlock } from '../reading/rowBlock';
import type { TokenLimits } from '../reading/rowDocument';
import { openTokenizer, type Tokenizer } from '../tokenizer/tokenizer';

/** All that the ids of a row depend on beside the row: plain data, which a thread is given. */
export interface TokenRecipe {
  /** The model's folder, with its tokenizer. */
  readonly folder: string;
  readonly limits: TokenLimits;
  readonly framing: Framing;
  readonly chat: ChatTemplateDescription;
  readonly textColumn?: string | undefined;
  /** Hash each document, so that one that was there before can be told. */
  readonly hashed: boolean;
  /** Documents of fewer than two ids are kept, as by versions that did not know better. */
  readonly keepShort: boolean;
}

/** What a block of rows comes to. */
export interface BlockTokens {
  /** Ids of its documents, frames included, one after the other. */
  readonly tokens: Uint32Array;
  /** Where each document ends among them. */
  readonly ends: Uint32Array;
  /** What is around each document; undefined where there is none. */
  readonly frame: StoredText['frame'];
  /** Ids of rows that were ids already, where each such row ends, and how many of the block's documents came before it. */
  readonly rowTokens: Uint32Array;
  readonly rowEnds: Uint32Array;
  readonly rowsAfter: Uint32Array;
  /** UTF-8 bytes of each document. */
  readonly textBytes: Float64Array;
  /** SHA-256 of each document's text, its first 16 bytes, where that was asked for. */
  readonly hashes: Uint8Array | undefined;
  readonly read: number;
  readonly skipped: SkipCounts;
  /** Why the first row that cannot be read is none. */
  readonly bad: string | undefined;
  readonly startTwice: number;
  readonly plainChats: number;
  /** The last row of the block. */
  readonly lastRow: number;
}

export const HASH_BYTES = 16;
const FEWEST_TOKENS = 2;

/** Makes ids of blocks of rows, in whatever thread. */
export class BlockTokenizer {
  private readonly chat: ChatTemplate;
  private tokenizer: Tokenizer | undefined;

  constructor(private readonly recipe: TokenRecipe) {
    this.chat = new ChatTemplate(recipe.chat);
  }

  /** Rows of ids alone need no tokenizer. */
  private open(): Tokenizer {
    const { folder, limits, framing } = this.recipe;
    this.tokenizer ??= openTokenizer(folder, limits.vocabSize, framing);
    return this.tokenizer;
  }

  /** @param where names the file in errors */
  tokenize(block: RowBlock, where: string): BlockTokens {
    const { textColumn, limits } = this.recipe;
    const result = new BlockResult(this.recipe.hashed);
    for (const outcome of documentsOf(block, { textColumn, limits, chat: this.chat }, where)) {
      result.row(outcome.row);
      switch (outcome.kind) {
        case 'text':
          this.addText(result, outcome, `${where}: row ${outcome.row}`);
          break;
        case 'tokens':
          result.addRow(outcome.tokens);
          break;
        case 'skipped':
          result.skip(outcome.reason);
          break;
        case 'bad':
          result.refuse(outcome.message);
          break;
      }
    }
    return result.done(this.tokenizer?.frame);
  }

  private addText(
    result: BlockResult,
    { text, chat }: { readonly text: string; readonly chat?: boolean },
    where: string,
  ): void {
    const tokenizer = this.open();
    const { start, end, before, after } = tokenizer.frame;
    const isChat = chat === true;
    let ids: number[];
    try {
      ids = tokenizer.encode(text);
    } catch (error) {
      if (error instanceof AdeptError) {
        // A token that the model has no row for.
        result.refuse(`${where}: ${error.message}`);
        return;
      }
      throw error;
    }
    // A chat template that begins or ends a text with these tokens has put them there already.
    const begun = isChat && start !== '' && text.startsWith(start);
    const ended = isChat && end !== '' && text.trimEnd().endsWith(end);
    const framed = [...(begun ? [] : before), ...ids, ...(ended ? [] : after)];
    if (framed.length < FEWEST_TOKENS && !this.recipe.keepShort) {
      result.skip('short');
      return;
    }
    result.addText(text, framed, {
      startTwice: !isChat && start !== '' && text.startsWith(start),
      plainChat: isChat && this.chat.kind === 'plain',
    });
  }
}

class BlockResult {
  private readonly tokens = new IdList();
  private readonly ends: number[] = [];
  private readonly rowTokens = new IdList();
  private readonly rowEnds: number[] = [];
  private readonly rowsAfter: number[] = [];
  private readonly textBytes: number[] = [];
  private readonly hashes: Buffer[] = [];
  private readonly skipped = { ...NOTHING_SKIPPED };
  private read = 0;
  private bad: string | undefined;
  private startTwice = 0;
  private plainChats = 0;
  private lastRow = 0;

  constructor(private readonly hashed: boolean) {}

  row(number: number): void {
    this.read += 1;
    this.lastRow = number;
  }

  skip(reason: keyof SkipCounts): void {
    this.skipped[reason] += 1;
  }

  refuse(message: string): void {
    this.bad ??= message;
    this.skip('unreadable');
  }

  addText(
    text: string,
    ids: readonly number[],
    { startTwice, plainChat }: { readonly startTwice: boolean; readonly plainChat: boolean },
  ): void {
    this.tokens.add(ids);
    this.ends.push(this.tokens.length);
    this.textBytes.push(Buffer.byteLength(text));
    this.startTwice += startTwice ? 1 : 0;
    this.plainChats += plainChat ? 1 : 0;
    if (this.hashed) {
      this.hashes.push(hashOf(text));
    }
  }

  addRow(ids: Int32Array): void {
    this.rowTokens.add(ids);
    this.rowEnds.push(this.rowTokens.length);
    this.rowsAfter.push(this.ends.length);
  }

  done(frame: DocumentFrame | undefined): BlockTokens {
    return {
      frame: frame ? named(frame) : null,
      ...{ tokens: this.tokens.done(), ends: Uint32Array.from(this.ends) },
      ...{ rowTokens: this.rowTokens.done(), rowEnds: Uint32Array.from(this.rowEnds) },
      ...{ rowsAfter: Uint32Array.from(this.rowsAfter), textBytes: Float64Array.from(this.textBytes) },
      hashes: this.hashed ? new Uint8Array(Buffer.concat(this.hashes)) : undefined,
      ...{ read: this.read, skipped: this.skipped, bad: this.bad, lastRow: this.lastRow },
      ...{ startTwice: this.startTwice, plainChats: this.plainChats },
    };
  }
}

function named({ start, end, before, after, insteadOf }: DocumentFrame): StoredText['frame'] {
  const single = before.length <= 1 && after.length <= 1;
  return { start, end, single, ...(insteadOf === undefined ? {} : { insteadOf }) };
}

/** Equal for texts that differ in white space, or in how their characters are composed, alone. */
function hashOf(text: string): Buffer {
  const normalized = text.normalize('NFC').replace(/\s+/gu, ' ').trim();
  return createHash('sha256').update(normalized).digest().subarray(0, HASH_BYTES);
}

/** Ids that grow at the end. */
class IdList {
  length = 0;
  private ids = new Uint32Array(2 ** 12);

  add(more: ArrayLike<number>): void {
    if (this.length + more.length > this.ids.length) {
      const larger = new Uint32Array(2 * (this.length + more.length));
      larger.set(this.ids.subarray(0, this.length));
      this.ids = larger;
    }
    this.ids.set(more, this.length);
    this.length += more.length;
  }

  done(): Uint32Array {
    return this.ids.slice(0, this.length);
  }
}
