import type { Socket } from 'node:net';
import type * as v from 'valibot';
import { failure, inputError } from '../../../shared/common/errors';
import { OneCall } from '../../executor/oneCall';
import { Cancelled, type Task } from '../../task';
import { encodeFrame, type Frame, type FrameReader, type WireArray } from './frames';
import { ErrorReply, parseMessage, Progress, Reply, type RankFault } from './messages';
import { WireError } from './wireError';

/** What an end in the middle of a run leaves to do. */
export const RESUME = 'The run can be resumed from its last checkpoint.';

/** After a sign that nothing came for long, the time for what came while this process was busy itself. */
const LAST_LOOK_MILLISECONDS = 1000;

export interface CallRequest<S extends v.GenericSchema> {
  readonly verb: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly arrays?: Readonly<Record<string, WireArray>>;
  /** Of the reply's header. */
  readonly result: S;
  readonly task: Task;
}

export interface CallResult<T> extends Pick<Frame, 'arrays'> {
  readonly fields: T;
}

export interface ConnectionHooks {
  /** Nothing was heard for so long while a call was running. */
  readonly silenceMilliseconds: number;
  readonly onSilence: () => void;
  /** What came is not the protocol. */
  readonly onFault: () => void;
}

interface Pending {
  readonly id: number;
  readonly task: Task;
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: Error) => void;
}

/** The trainer's side of the socket, after rank 0 has been recognised. One call at a time. */
export class Connection {
  private readonly calls = new OneCall();
  private pending: Pending | undefined;
  private lastId = 0;
  /** What rank 0 said of its end, where no call was running. */
  lastWords: string | undefined;
  private silence: NodeJS.Timeout | undefined;
  private ended: Error | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly reader: FrameReader,
    private readonly hooks: ConnectionHooks,
  ) {
    socket.on('data', (bytes) => {
      this.take(bytes);
    });
  }

  /**
   * Asks rank 0 for something.
   * @throws Cancelled when the task was cancelled
   * @throws AdeptError as rank 0 says; WireError when its reply cannot be read
   */
  async call<const S extends v.GenericSchema>(
    request: CallRequest<S>,
  ): Promise<CallResult<v.InferOutput<S>>> {
    const { header, arrays } = await this.calls.run(() => this.exchange(request));
    try {
      return { fields: parseMessage(request.result, header, `a result of "${request.verb}"`), arrays };
    } catch (error) {
      this.giveUp(error);
      throw error;
    }
  }

  /** From now on every call, also the one that is running, fails with this. */
  end(error: Error): void {
    this.ended ??= error;
    this.settle()?.reject(this.ended);
  }

  private async exchange(request: CallRequest<v.GenericSchema>): Promise<Frame> {
    const { verb, parameters = {}, arrays, task } = request;
    if (this.ended !== undefined) {
      throw this.ended;
    }
    if (task.signal?.aborted === true) {
      throw new Cancelled();
    }
    const id = (this.lastId += 1);
    const pieces = encodeFrame({ kind: 'call', id, verb, ...parameters }, arrays);
    const cancel = (): void => {
      this.write(encodeFrame({ kind: 'cancel', id }));
    };
    task.signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await new Promise<Frame>((resolve, reject) => {
        this.pending = { id, task, resolve, reject };
        this.listenForSilence();
        this.write(pieces);
      });
    } finally {
      task.signal?.removeEventListener('abort', cancel);
    }
  }

  private write(pieces: readonly Uint8Array[]): void {
    this.socket.cork();
    for (const piece of pieces) {
      this.socket.write(piece);
    }
    this.socket.uncork();
  }

  private take(bytes: Uint8Array): void {
    if (this.ended !== undefined) {
      return;
    }
    try {
      for (const frame of this.reader.read(bytes)) {
        this.receive(frame);
      }
    } catch (error) {
      this.giveUp(error);
    }
  }

  /** With what does not keep to the protocol nothing more can be done. @throws what is no {@link WireError} */
  private giveUp(error: unknown): void {
    if (!(error instanceof WireError)) {
      throw error;
    }
    this.end(error);
    this.hooks.onFault();
  }

  private receive(frame: Frame): void {
    switch (frame.header.kind) {
      case 'progress': {
        const { id, fraction, message } = parseMessage(Progress, frame.header, 'progress');
        if (this.pending?.id === id) {
          this.listenForSilence();
          if (message !== '') {
            this.pending.task.report(fraction, message);
          }
        }
        return;
      }
      case 'result': {
        const { id } = parseMessage(Reply, frame.header, 'a result');
        this.settleCall(id).resolve(frame);
        return;
      }
      case 'error': {
        const { id, error } = parseMessage(ErrorReply, frame.header, 'an error');
        if (id === null) {
          // Rank 0 ends, and what ended it is known only then.
          this.lastWords = error.message;
        } else {
          this.settleCall(id).reject(errorOf(error));
        }
        return;
      }
      default:
        throw new WireError(`a message of the kind ${JSON.stringify(frame.header.kind)}`);
    }
  }

  /** The call that an answer is of. */
  private settleCall(id: number): Pending {
    const { pending } = this;
    if (pending?.id !== id) {
      throw new WireError(`an answer to the call ${id}, which is not running`);
    }
    this.settle();
    return pending;
  }

  /** No call is running any more. */
  private settle(): Pending | undefined {
    clearTimeout(this.silence);
    const { pending } = this;
    this.pending = undefined;
    return pending;
  }

  private listenForSilence(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      // Where this process was busy itself, what came meanwhile is read only now.
      this.silence = setTimeout(() => {
        this.hooks.onSilence();
      }, LAST_LOOK_MILLISECONDS);
    }, this.hooks.silenceMilliseconds);
  }
}

/** What rank 0 says, as this program's errors say it. */
function errorOf({ type, message, rank, detail }: RankFault): Error {
  const cause = detail === '' ? undefined : new Error(detail);
  const named =
    rank === null || message.toLowerCase().startsWith('rank ') ? message : `Rank ${rank}: ${message}`;
  switch (type) {
    case 'cancelled':
      return new Cancelled();
    case 'input':
      return inputError(message, cause);
    case 'failure':
      return failure(named, cause);
    case 'lost':
      return failure(`${named.replace(/\.?$/, '.')} ${RESUME}`, cause);
  }
}
