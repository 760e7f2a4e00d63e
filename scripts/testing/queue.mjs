// Runs test files, as many at once as there is work for, each as soon as what it needs is there.
import { relative } from 'node:path';
import { run } from 'node:test';
import { isInVSCode } from './files.mjs';

/** A test in VS Code that hangs must not hold up all others for ever. */
const VSCODE_FILE_MILLISECONDS = 20 * 60_000;

/**
 * @typedef {import('./files.mjs').TestFile & { needs: readonly import('./files.mjs').Need[] }} QueuedFile
 * @typedef {{ passed: number, failed: number, skipped: number, seconds: Map<string, number> }} Results
 */

export class TestQueue {
  /** @type {Results} */
  results = { passed: 0, failed: 0, skipped: 0, seconds: new Map() };
  /** @type {Set<import('./files.mjs').Need>} */
  #provided = new Set();
  #running = 0;
  #inVSCode = 0;

  /**
   * @param {string} root
   * @param {{ atOnce: number, inVSCodeAtOnce: number }} limits
   * @param {AbortSignal} signal ends the files that run
   */
  constructor(root, limits, signal) {
    this.root = root;
    this.limits = limits;
    this.signal = signal;
  }

  /**
   * @param {readonly QueuedFile[]} files in the order in which they are started where their needs allow it
   * @param {Map<import('./files.mjs').Need, Promise<void>>} providing
   * @returns {Promise<Results>}
   */
  run(files, providing) {
    const waiting = [...files];
    return new Promise((resolve, reject) => {
      const next = () => {
        for (let file = this.#take(waiting); file !== undefined; file = this.#take(waiting)) {
          this.#start(file).then(next, reject);
        }
        if (waiting.length === 0 && this.#running === 0) {
          resolve(this.results);
        }
      };
      for (const [need, provided] of providing) {
        provided.then(() => {
          this.#provided.add(need);
          next();
        }, reject);
      }
      next();
    });
  }

  /** @param {QueuedFile[]} waiting @returns {QueuedFile | undefined} the first that can run now, taken out */
  #take(waiting) {
    if (this.signal.aborted || this.#running >= this.limits.atOnce) {
      return undefined;
    }
    const index = waiting.findIndex(
      (file) =>
        file.needs.every((need) => this.#provided.has(need)) &&
        (!isInVSCode(file) || this.#inVSCode < this.limits.inVSCodeAtOnce),
    );
    return index < 0 ? undefined : waiting.splice(index, 1)[0];
  }

  /** @param {QueuedFile} file */
  async #start(file) {
    const vscode = isInVSCode(file) ? 1 : 0;
    this.#running += 1;
    this.#inVSCode += vscode;
    const begin = performance.now();
    await this.#runFile(file);
    this.results.seconds.set(file.source, (performance.now() - begin) / 1000);
    this.#running -= 1;
    this.#inVSCode -= vscode;
  }

  /** @param {QueuedFile} file */
  #runFile(file) {
    const timeout = isInVSCode(file) ? { timeout: VSCODE_FILE_MILLISECONDS } : {};
    const stream = run({ files: [`${this.root}/${file.bundle}`], signal: this.signal, ...timeout });
    const name = (event) => `${relative(this.root, event.file ?? '')} › ${event.name}`;
    stream.on('test:pass', (event) => {
      if (event.skip !== undefined) {
        this.results.skipped += 1;
        const reason = event.skip === true || event.skip === '' ? 'no reason given' : event.skip;
        console.log(`skipped  ${name(event)}: ${reason}`);
      } else if (event.details.type !== 'suite') {
        this.results.passed += 1;
      }
    });
    stream.on('test:fail', (event) => {
      const { error } = event.details;
      if (error?.failureType !== 'subtestsFailed') {
        this.results.failed += 1;
        console.log(`FAILED   ${name(event)}\n${error?.cause?.stack ?? error?.message ?? ''}\n`);
      }
    });
    stream.on('test:stdout', (event) => process.stdout.write(event.message));
    stream.on('test:stderr', (event) => process.stderr.write(event.message));
    return new Promise((resolve, reject) => {
      stream.on('error', reject);
      stream.on('end', resolve);
      stream.resume();
    });
  }
}
