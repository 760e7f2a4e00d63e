/** The tokens of a tokenizer, both ways. */
export interface Vocabulary {
  idOf(token: string): number | undefined;
  tokenOf(id: number): string | undefined;
  /** Whether it is a token of its own, never the outcome of merges. */
  isAdded(token: string): boolean;
}
