import { connect, type Socket } from 'node:net';
import { failure, messageOf } from '../../shared/common/errors';
import { NoAnswer } from './noAnswer';
import { parseWith } from '../../shared/common/parse';
import {
  CONTROL_METHODS,
  type ControlMethod,
  type TrainerCall,
  type TrainerStatus,
} from '../../shared/run/protocol';

const DEFAULT_TIMEOUT_MILLISECONDS = 60_000;
const GRACE_MILLISECONDS = 200;

/**
 * One call to a running trainer. Answers come between two steps, so a call waits for the step in hand.
 * @throws NoAnswer when the trainer is gone or does not answer in time; AdeptError (failure) when it refuses, (input) when
 * it answers something else.
 */
export async function callTrainer(
  address: string,
  { method, ...params }: TrainerCall,
  timeoutMilliseconds = DEFAULT_TIMEOUT_MILLISECONDS,
): Promise<TrainerStatus> {
  // Most windows never control a run.
  const { createMessageConnection, SocketMessageReader, SocketMessageWriter } =
    await import('vscode-jsonrpc/node');
  const socket = connect(address);
  let timer: NodeJS.Timeout | undefined;
  try {
    const noAnswer = new Promise<never>((_, reject) => {
      rejectWhenGone(socket, address, method, reject);
      // Made here, so that its stack points at the caller.
      const late = new NoAnswer(
        `The trainer did not answer "${method}" within ${timeoutMilliseconds / 1000} seconds: a step may take that long; try again, or end its process.`,
      );
      timer = setTimeout(() => {
        reject(late);
      }, timeoutMilliseconds);
    });
    const connection = createMessageConnection(
      new SocketMessageReader(socket),
      new SocketMessageWriter(socket),
    );
    connection.listen();
    const asked = connection.sendRequest(method, params).catch((error: unknown) => {
      throw failure(`The trainer refused "${method}" (${messageOf(error)}): look at its run's log.`, error);
    });
    // Whichever comes second has nobody who waits for it.
    asked.catch(() => undefined);
    const result: unknown = await Promise.race([asked, noAnswer]);
    return parseWith(CONTROL_METHODS[method].result, result, `the trainer's answer to "${method}"`);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

function rejectWhenGone(
  socket: Socket,
  address: string,
  method: ControlMethod,
  reject: (error: NoAnswer) => void,
): void {
  const closed = new NoAnswer(
    `The trainer ended before it answered "${method}": look at its run's log, and resume the run.`,
  );
  socket.once('error', (error) => {
    reject(
      new NoAnswer(
        `The trainer cannot be reached for "${method}" at ${address} (${messageOf(error)}): it has ended, or runs on another machine.`,
        error,
      ),
    );
  });
  socket.once('close', () => {
    // An answer that came just before the end is still on its way through the connection's queue.
    setTimeout(reject, GRACE_MILLISECONDS, closed);
  });
}
