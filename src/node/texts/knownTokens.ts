import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { keptTexts } from './storedTexts';

interface FileFacts {
  readonly path: string;
  readonly bytes: number;
  readonly modified: number;
}

/** How many tokens texts have that a tokenizer has read before. */
export class KnownTokens {
  private constructor(private readonly byFiles: ReadonlyMap<string, number>) {}

  /** What a cache folder knows now. @param tokenizer its identity: another one's tokens are others */
  static in(cache: string, tokenizer: string): KnownTokens {
    const known = new Map<string, number>();
    for (const { text } of keptTexts(cache)) {
      const key = keyOf(text.files);
      if (text.complete && text.tokenizer === tokenizer && !known.has(key)) {
        known.set(key, text.tokens + text.rowTokens);
      }
    }
    return new KnownTokens(known);
  }

  /**
   * The tokens of a text; of one that was never read as a whole, the sum of its files where each was.
   * @param files in their order
   * @returns undefined where a file is not known as it is now
   */
  of(files: readonly string[]): number | undefined {
    if (this.byFiles.size === 0 || files.length === 0) {
      return undefined;
    }
    const facts = files.map(factsOf);
    const whole = this.byFiles.get(keyOf(facts));
    if (whole !== undefined) {
      return whole;
    }
    let sum = 0;
    for (const file of facts) {
      const tokens = this.byFiles.get(keyOf([file]));
      if (tokens === undefined) {
        return undefined;
      }
      sum += tokens;
    }
    return sum;
  }
}

function factsOf(file: string): FileFacts {
  const { size, mtimeMs } = statSync(file);
  return { path: resolve(file), bytes: size, modified: Math.floor(mtimeMs) };
}

function keyOf(files: readonly FileFacts[]): string {
  return JSON.stringify(files.map(({ path, bytes, modified }) => [path, bytes, modified]));
}
