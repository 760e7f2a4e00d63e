import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type * as v from 'valibot';
import { descendantsOf, type KnownProcess } from '../../../node/process/descendants';
import { processToken } from '../../../node/process/processAlive';
import { failure, messageOf } from '../../../shared/common/errors';
import { SILENT_TASK } from '../../task';
import { Connection, RESUME, type CallRequest, type CallResult } from '../wire/connection';
import { PlainResult, type RanksDescription } from '../wire/messages';
import { greet, type Greeted } from './greeting';
import { LastLines } from './lastLines';
import { environmentOf, pythonArguments, requirePlatform, type Launch } from './launch';
import { Listener } from './listener';
import { killAll, stoppedOf } from './processTree';
import { stoppedBefore } from './stoppedBefore';

/** Rank 0 gives a sign of life every ten seconds. */
const SILENCE_MILLISECONDS = 30_000;
/** PyTorch may come from a slow disk. */
const START_MILLISECONDS = 300_000;
/** Other machines are started by others, one after the other. */
const MACHINES_MILLISECONDS = 1_800_000;
/** From when the connection ends to when the processes have: ranks look which of them is gone. */
const END_MILLISECONDS = 30_000;
const STOPPED_MILLISECONDS = 10_000;
const STOPPED_POLL_MILLISECONDS = 1000;

/** What to do where a rank of the start was killed. */
const KILLED = 'It was killed, perhaps because the machine had no memory left: start again.';

/** The ranks: one Python process, or several under torchrun. They end when this process does, whose socket they hold. */
export class TorchProcess {
  readonly description: RanksDescription;
  private readonly connection: Connection;
  /** Found when rank 0 was there, since what has lost its parent is found no more. */
  private readonly ranks: readonly KnownProcess[];
  private readonly ended: Promise<void>;
  private readonly killOnExit = (): void => {
    this.kill();
  };

  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: LastLines,
    { socket, reader, description }: Greeted,
    silenceMilliseconds: number,
  ) {
    this.description = description;
    this.ranks = child.pid === undefined ? [] : descendantsOf(child.pid);
    this.connection = new Connection(socket, reader, {
      silenceMilliseconds,
      onSilence: () => {
        this.kill();
        const who = description.ranks === 1 ? 'The torch executor' : 'Rank 0 of the torch executor';
        const seconds = Math.round(silenceMilliseconds / 1000);
        this.connection.end(
          failure(
            `${who} gave no sign of life for ${seconds} seconds, and all processes were ended. ${RESUME}`,
          ),
        );
      },
      onFault: () => {
        this.kill();
      },
    });
    this.ended = this.follow(socket);
    process.on('exit', this.killOnExit);
  }

  /**
   * Starts the ranks and waits until rank 0 has shown who it is.
   * @throws AdeptError (failure) when they do not come, with what they said last
   */
  static async start(launch: Launch): Promise<TorchProcess> {
    requirePlatform();
    const token = randomBytes(32).toString('hex');
    const { listener, greeted } = await listen(token);
    try {
      const child = spawn(launch.python, pythonArguments(launch), {
        env: environmentOf(launch, { socket: listener.address, token }),
        stdio: ['ignore', 'pipe', 'pipe'],
        // Ctrl+C is for the trainer, which ends the ranks when it is done.
        detached: true,
      });
      // Where it could not be started that is told below; later there is nothing that it could fail of.
      child.on('error', () => undefined);
      const lines = new LastLines(child.stdout, child.stderr);
      const started = new AbortController();
      try {
        const rank0 = await Promise.race([
          greeted,
          endedBefore(child, lines, launch),
          ...(launch.machines?.lost === undefined ? [] : [launch.machines.lost]),
          stoppedBefore(() => processesOf(child), {
            over: started.signal,
            longest: launch.stoppedMilliseconds ?? STOPPED_MILLISECONDS,
          }),
        ]);
        return new TorchProcess(child, lines, rank0, launch.silenceMilliseconds ?? SILENCE_MILLISECONDS);
      } catch (error) {
        killAll(processesOf(child));
        throw error;
      } finally {
        started.abort();
      }
    } finally {
      listener.close();
    }
  }

  /** Asks rank 0; see {@link Connection.call}. When the processes end, the call fails with how they did. */
  call<const S extends v.GenericSchema>(request: CallRequest<S>): Promise<CallResult<v.InferOutput<S>>> {
    return this.connection.call(request);
  }

  /** Ends the ranks: by asking, and those that do not end at once. */
  async close(): Promise<void> {
    const asked = this.connection.call({ verb: 'shutdown', result: PlainResult, task: SILENT_TASK });
    // One that has ended already, or is busy, cannot be asked: what counts is that it ends.
    const gone = asked.then(() => this.ended).catch(() => undefined);
    await Promise.race([gone, wait(END_MILLISECONDS, undefined, { ref: false })]);
    this.kill();
    await this.ended;
  }

  private get processes(): KnownProcess[] {
    return [...processesOf(this.child), ...this.ranks];
  }

  private kill(): void {
    killAll(this.processes);
  }

  /** Until all have ended; the call that runs then is told how. */
  private async follow(socket: Greeted['socket']): Promise<void> {
    const left = new Promise<void>((resolve) => {
      socket.once('close', () => {
        resolve();
      });
    });
    // A broken connection is one that has ended.
    socket.on('error', () => undefined);
    const exited = exitOf(this.child);
    await Promise.race([left, exited]);
    // What rank 0 says last may be on its way; and other ranks look who is gone, before all end.
    const late = wait(END_MILLISECONDS, undefined, { ref: false });
    // torchrun asks the others to end, and waits; who was stopped does not hear it.
    const stopped = setInterval(() => {
      killAll(stoppedOf(this.processes));
    }, STOPPED_POLL_MILLISECONDS);
    await Promise.race([Promise.all([left, exited]), late]);
    clearInterval(stopped);
    this.kill();
    await exited;
    socket.destroy();
    process.off('exit', this.killOnExit);
    const how = howEnded(this.child, this.lines, this.connection.lastWords);
    this.connection.end(failure(`${how} ${RESUME}`, new Error(this.lines.all)));
  }
}

/** Waits for rank 0. */
async function listen(token: string): Promise<{ listener: Listener; greeted: Promise<Greeted> }> {
  let settle: Parameters<typeof greet>[2] | undefined;
  const greeted = new Promise<Greeted>((resolve, reject) => {
    settle = { greeted: resolve, failed: reject };
  });
  // Where the processes have ended before, nobody waits for it.
  greeted.catch(() => undefined);
  const listener = await Listener.open((socket) => {
    if (settle) {
      greet(socket, token, settle);
    }
  });
  return { listener, greeted };
}

/** With everything below it, as far as it is found. */
function processesOf(child: ChildProcess): KnownProcess[] {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    return [];
  }
  return [{ pid, token: processToken(pid) }, ...descendantsOf(pid)];
}

/** What it wrote has been read, too, unless a process that it left behind holds the pipe. */
async function exitOf(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    await once(child, 'exit');
  }
  if (child.stderr?.closed === false) {
    const read = new Promise((resolve) => child.stderr?.once('close', resolve));
    await Promise.race([read, wait(1000, undefined, { ref: false })]);
  }
}

/** Never resolves: rejects when the process ends, or takes too long. */
async function endedBefore(
  child: ChildProcess,
  lines: LastLines,
  { python, machines }: Pick<Launch, 'python' | 'machines'>,
): Promise<never> {
  const milliseconds = machines === undefined ? START_MILLISECONDS : MACHINES_MILLISECONDS;
  const late = wait(milliseconds, 'late' as const, { ref: false });
  let why: string;
  try {
    const first = await Promise.race([once(child, 'spawn').then(() => exitOf(child)), late]);
    why =
      first === 'late'
        ? `they did not answer within ${milliseconds / 1000} seconds`
        : whyNotStarted(child, lines);
  } catch (error) {
    why = messageOf(error);
  }
  const advice = (lines.rootCause?.status ?? 0) < 0 ? KILLED : '"adept setup --torch" checks what it needs.';
  throw failure(
    `The torch executor could not be started with ${python}: ${why.replace(/\.?$/, '.')} ${advice}`,
    new Error(lines.all),
  );
}

function whyNotStarted(child: ChildProcess, lines: LastLines): string {
  return lines.rootCause === undefined && lines.shown !== '' ? lines.shown : howEnded(child, lines);
}

/** @param words what rank 0 said of it */
function howEnded({ exitCode, signalCode }: ChildProcess, lines: LastLines, words?: string): string {
  const cause = lines.rootCause;
  const said = lines.shown === '' ? '' : ` Last lines: ${lines.shown.replace(/\.?$/, '.')}`;
  // A rank that ends by itself does so because of another, as rank 0 then says.
  if (cause !== undefined && (cause.status < 0 || words === undefined)) {
    const how = cause.status < 0 ? `by signal ${-cause.status}` : `with exit status ${cause.status}`;
    return `Rank ${cause.rank} of the torch executor ended ${how}.${said}`;
  }
  if (words !== undefined) {
    return words.replace(/\.?$/, '.');
  }
  const how = signalCode === null ? `with exit status ${String(exitCode)}` : `by ${signalCode}`;
  return `Rank 0 of the torch executor ended ${how}.${said}`;
}
