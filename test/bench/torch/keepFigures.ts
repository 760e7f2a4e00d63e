import { readFileSync, writeFileSync } from 'node:fs';
import { writeJson } from '../../../src/node/files/jsonFile';
import { FIGURES } from './figures';

export interface Kept<T> {
  readonly file: string;
  readonly figures: T;
  /** docs/torch.md with these figures. */
  readonly page: (page: string, figures: T) => string;
  /** What of the bars is not met. */
  readonly problems: (figures: T) => readonly string[];
}

/** Writes figures, and docs/torch.md with them. @throws Error with the bars that are not met */
export function keepFigures<T>({ file, figures, page, problems }: Kept<T>): void {
  writeJson(file, figures);
  writeFileSync(FIGURES.page, page(readFileSync(FIGURES.page, 'utf8'), figures));
  console.log(JSON.stringify(figures, null, 2));
  const found = problems(figures);
  if (found.length > 0) {
    throw new Error(found.join('\n'));
  }
}
