import type { AnswerCost, SideAnswer } from '../../../shared/playground/sideAnswer';

/** What changed of a text: from this character on it is `text`. */
export interface SaidPart {
  readonly from: number;
  readonly text: string;
  readonly cost: AnswerCost;
}

export interface StreamOptions {
  readonly promptTokens: number;
  /** The text that the tokens of an answer are. */
  readonly textOf: (ids: readonly number[]) => string;
  readonly tell: (part: SaidPart) => void;
  /** Milliseconds; tests have another clock. */
  readonly now?: () => number;
}

/** More often than this nobody reads. */
const INTERVAL_MILLISECONDS = 50;

/** One answer as it comes: tells what is new of its text, and measures what its tokens cost. */
export class AnswerStream {
  private readonly now: () => number;
  private readonly begin: number;
  private first: number | undefined;
  private last = 0;
  private toldAt = -Infinity;
  private told = '';
  private ids: readonly number[] = [];

  constructor(private readonly options: StreamOptions) {
    this.now = options.now ?? (() => performance.now());
    this.begin = this.now();
  }

  /** @param ids all tokens so far */
  add(ids: readonly number[]): void {
    const now = this.now();
    this.first ??= now;
    this.last = now;
    this.ids = ids;
    if (now - this.toldAt >= INTERVAL_MILLISECONDS) {
      this.toldAt = now;
      // Of a letter of several tokens the first ones are no letter yet.
      this.tell(this.text.replace(/\uFFFD+$/, ''));
    }
  }

  /** Tells the rest. */
  end(end: SideAnswer['end']): SideAnswer {
    const { text } = this;
    this.tell(text);
    return { text, end, cost: this.cost };
  }

  private get text(): string {
    return this.options.textOf(this.ids);
  }

  private tell(text: string): void {
    const from = commonLength(this.told, text);
    if (from < text.length || from < this.told.length) {
      this.told = text;
      this.options.tell({ from, text: text.slice(from), cost: this.cost });
    }
  }

  private get cost(): AnswerCost {
    const { ids, first, begin, last } = this;
    return {
      promptTokens: this.options.promptTokens,
      promptSeconds: ((first ?? this.now()) - begin) / 1000,
      tokens: ids.length,
      tokenSeconds: ids.length < 2 ? null : (last - (first ?? last)) / 1000 / (ids.length - 1),
    };
  }
}

function commonLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) {
    length += 1;
  }
  return length;
}
