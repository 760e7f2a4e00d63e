import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../support/projectRoot';

/** Lines of the texts: with all of them, measuring would take most of the time of a test. */
const LINES = { 'general.txt': 20, 'general-eval.txt': 20, 'domain.jsonl': 10, 'domain-eval.jsonl': 10 };

type SampleText = keyof typeof LINES;

/** Makes the sample a workspace in which measuring is quick. @returns its folder, below `folder` */
export function sampleWorkspace(folder: string): string {
  const workspace = join(folder, 'sample');
  cpSync(join(projectRoot, 'media/sample'), workspace, { recursive: true });
  shorten(workspace, Object.keys(LINES) as SampleText[]);
  return workspace;
}

/** Leaves as many lines of texts of a copied sample as measuring needs. */
export function shorten(workspace: string, texts: readonly SampleText[]): void {
  for (const name of texts) {
    const file = join(workspace, name);
    writeFileSync(file, readFileSync(file, 'utf8').split('\n').slice(0, LINES[name]).join('\n'));
  }
}
