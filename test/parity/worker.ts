import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { HANG_MILLISECONDS } from '../support/hang';

const Versions = v.object({ python: v.string(), torch: v.string(), transformers: v.string() });
export type Versions = v.InferOutput<typeof Versions>;

const Message = v.union([
  v.object({ ready: Versions }),
  v.object({ id: v.number(), result: v.unknown() }),
  v.object({ id: v.number(), error: v.string() }),
]);

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** `reference.py serve`: one Python process for all requests of a test file, since importing torch takes seconds. */
export class PythonWorker {
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;
  private ended: Error | undefined;

  private constructor(
    private readonly child: ChildProcess,
    private readonly onReady: (versions: Versions) => void,
  ) {
    child.on('error', (error) => {
      this.end(new Error(`Python could not be started: ${error.message}`));
    });
    child.on('exit', (code, signal) => {
      this.end(
        new Error(`Python ended with ${signal ?? `status ${String(code)}`}; its own words are above.`),
      );
    });
    if (child.stdout) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.receive(line);
      });
    }
    // A broken pipe shows as the exit of the process.
    child.stdin?.on('error', () => undefined);
  }

  /** Starts the worker and waits until its libraries are imported. */
  static async start(python: string): Promise<{ worker: PythonWorker; versions: Versions }> {
    const script = join(process.cwd(), 'test', 'parity', 'reference.py');
    const child = spawn(python, [script, 'serve'], { stdio: ['pipe', 'pipe', 'inherit'] });
    return new Promise((resolve, reject) => {
      const worker: PythonWorker = new PythonWorker(child, (versions) => {
        resolve({ worker, versions });
      });
      worker.waiting.set(0, { resolve: () => undefined, reject });
    });
  }

  /** Asks for one job. @throws Error with Python's traceback when it fails. */
  ask(job: string, request: object): Promise<unknown> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      if (this.ended) {
        reject(this.ended);
        return;
      }
      const timer = setTimeout(() => {
        this.child.kill();
        reject(new Error(`Python took more than ${HANG_MILLISECONDS / 1000} s for "${job}".`));
      }, HANG_MILLISECONDS);
      this.waiting.set(id, {
        resolve: (result) => {
          clearTimeout(timer);
          resolve(result);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.child.stdin?.write(`${JSON.stringify({ id, job, request })}\n`);
    });
  }

  close(): void {
    this.child.stdin?.end();
  }

  private receive(line: string): void {
    const message = v.parse(Message, JSON.parse(line));
    if ('ready' in message) {
      this.onReady(message.ready);
      return;
    }
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if ('error' in message) {
      waiting?.reject(new Error(message.error));
    } else {
      waiting?.resolve(message.result);
    }
  }

  private end(reason: Error): void {
    this.ended ??= reason;
    for (const { reject } of this.waiting.values()) {
      reject(this.ended);
    }
    this.waiting.clear();
  }
}
