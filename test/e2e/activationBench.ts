import { readdirSync, statSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { Editor } from './support/editor';
import { makePackage } from '../support/makePackage';
import { unavailable } from './support/provided';

const REPETITIONS = 7;
const SETTLING_MILLISECONDS = 5000;
const TARGET_MILLISECONDS = 50;
const TARGET_BYTES = 300 * 1024;

/** How long the extension took to load and activate, ms, as VS Code itself measures in a new window. */
async function activation(editor: Editor): Promise<number> {
  await editor.runCommand('View: Show Explorer');
  await editor.reload();
  // What VS Code itself starts with is over by then; the view is what activates the extension.
  await editor.page.waitForTimeout(SETTLING_MILLISECONDS);
  await editor.runCommand('View: Show ADEPT');
  await editor.runCommand('Developer: Show Running Extensions');
  const row = editor.page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'ADEPT' });
  const text = await editor.evidently('the time of activation', () =>
    row
      .filter({ hasText: /Activation: \d+ms/ })
      .first()
      .innerText(),
  );
  const milliseconds = /Activation: (\d+)ms/.exec(text)?.[1];
  if (milliseconds === undefined) {
    throw new Error(`VS Code shows no time of activation in: ${text}`);
  }
  return Number(milliseconds);
}

function extensionBytes(editor: Editor): number {
  const [name] = readdirSync(editor.extensions).filter((entry) => entry.startsWith('adept-vscode'));
  if (name === undefined) {
    throw new Error(`nothing is installed in ${editor.extensions}`);
  }
  // What is read when it is activated; the rest is read later.
  const parts = ['extension', 'extension-chunk'].map((part) =>
    join(editor.extensions, name, `out/${part}.cjs`),
  );
  return parts.reduce((sum, file) => sum + statSync(file).size, 0);
}

async function main(): Promise<void> {
  const reason = unavailable();
  if (reason !== false) {
    throw new Error(`VS Code cannot be provided here: ${reason}.`);
  }
  const editor = await Editor.open({ vsix: makePackage().file });
  try {
    await editor.trust();
    const times: number[] = [];
    for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
      times.push(await activation(editor));
    }
    report(times, extensionBytes(editor));
  } finally {
    await editor.close();
  }
}

function report(times: readonly number[], bytes: number): void {
  const sorted = times.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  console.log(
    `activation     ${median} ms (median of ${times.length} windows: ${times.join(', ')}); target under ${TARGET_MILLISECONDS} ms`,
  );
  console.log(`read at start  ${(bytes / 1024).toFixed(1)} KB; target under ${TARGET_BYTES / 1024} KB`);
  console.log(
    `machine        ${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} processors, load ${loadavg()[0]?.toFixed(1) ?? 'unknown'}`,
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
