import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';
import { HANG_MILLISECONDS } from '../../support/hang';

/** One line of the results file; the last one is `end`, and a file without it is of a host that died. */
export type HostResult =
  | { readonly type: 'pass'; readonly name: string }
  | { readonly type: 'skip'; readonly name: string }
  | { readonly type: 'fail'; readonly name: string; readonly error: string }
  | { readonly type: 'end'; readonly passed: number; readonly failed: number };

/**
 * What VS Code calls in its extension host: runs every test file beside this one. Results go to the file that
 * ADEPT_HOST_RESULTS names, line by line; without it (a run by @vscode/test-electron) to the console.
 * @throws Error when a test failed, which is how VS Code learns of it
 */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: HANG_MILLISECONDS, color: false, reporter: 'spec' });
  const grep = process.env.ADEPT_HOST_GREP;
  if (grep !== undefined) {
    mocha.grep(grep);
  }
  for (const file of readdirSync(__dirname).filter((name) => name.endsWith('.test.cjs'))) {
    mocha.addFile(join(__dirname, file));
  }
  const failed = await new Promise<number>((resolve) => {
    record(mocha.run(resolve));
  });
  if (failed > 0) {
    throw new Error(`${failed} tests failed.`);
  }
}

function record(runner: Mocha.Runner): void {
  const file = process.env.ADEPT_HOST_RESULTS;
  const write = (result: HostResult): void => {
    if (file !== undefined) {
      appendFileSync(file, `${JSON.stringify(result)}\n`);
    }
  };
  runner.on('pass', (test) => {
    write({ type: 'pass', name: test.fullTitle() });
  });
  runner.on('pending', (test) => {
    write({ type: 'skip', name: test.fullTitle() });
  });
  runner.on('fail', (test, error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    write({ type: 'fail', name: test.fullTitle(), error: text });
  });
  runner.on('end', () => {
    write({ type: 'end', passed: runner.stats?.passes ?? 0, failed: runner.stats?.failures ?? 0 });
  });
}
