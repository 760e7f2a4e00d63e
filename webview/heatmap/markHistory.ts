/** Marks that were there before, and those that were taken back. */
export class MarkHistory {
  private readonly before: (readonly number[])[] = [];
  private readonly after: (readonly number[])[] = [];

  /** What was marked is about to be changed. */
  note(marked: readonly number[]): void {
    this.before.push(marked);
    this.after.length = 0;
  }

  get canUndo(): boolean {
    return this.before.length > 0;
  }

  get canRedo(): boolean {
    return this.after.length > 0;
  }

  /** @param marked what is marked now @returns what was marked before; undefined where nothing was */
  undo(marked: readonly number[]): readonly number[] | undefined {
    return move(this.before, this.after, marked);
  }

  /** @returns what was marked before it was taken back */
  redo(marked: readonly number[]): readonly number[] | undefined {
    return move(this.after, this.before, marked);
  }
}

function move(
  from: (readonly number[])[],
  to: (readonly number[])[],
  marked: readonly number[],
): readonly number[] | undefined {
  const found = from.pop();
  if (found !== undefined) {
    to.push(marked);
  }
  return found;
}

/** What a key means for the marks, as everywhere in the editor; nothing where somebody types. */
export function historyKey({
  key,
  ctrlKey,
  metaKey,
  shiftKey,
  target,
}: KeyboardEvent): 'undo' | 'redo' | undefined {
  const types = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
  if (types || !(ctrlKey || metaKey)) {
    return undefined;
  }
  const letter = key.toLowerCase();
  return letter === 'y' || (letter === 'z' && shiftKey) ? 'redo' : letter === 'z' ? 'undo' : undefined;
}
