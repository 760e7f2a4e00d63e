import { connect } from 'node:net';
import { createMessageConnection, SocketMessageReader, SocketMessageWriter } from 'vscode-jsonrpc/node';
import { failure, messageOf } from '../shared/errors';
import { parseWith } from '../shared/parse';
import {
  CONTROL_METHODS,
  type ControlMethod,
  type ControlParams,
  type TrainerStatus,
} from '../shared/protocol';

const GRACE_MILLISECONDS = 200;

/**
 * One call to a running trainer. Answers come between two steps, so a call waits for the step in hand.
 * @throws AdeptError (failure) when the trainer is gone, does not answer in time, or answers something else.
 */
export async function callTrainer<M extends ControlMethod>(
  address: string,
  method: M,
  params: ControlParams<M>,
  timeoutMilliseconds = 60_000,
): Promise<TrainerStatus> {
  const socket = connect(address);
  // Made here, so that its stack points at the caller.
  const lost = failure(
    `The trainer at ${address} does not answer "${method}": it has ended or is busy; look at its run folder.`,
  );
  let timer: NodeJS.Timeout | undefined;
  try {
    const ended = new Promise<never>((_, reject) => {
      socket.once('close', () => {
        // An answer that came just before the end is still on its way through the connection's queue.
        setTimeout(reject, GRACE_MILLISECONDS, lost);
      });
      socket.once('error', (error) => {
        reject(failure(`${lost.message} (${messageOf(error)})`, error));
      });
      timer = setTimeout(() => {
        reject(lost);
      }, timeoutMilliseconds);
    });
    const connection = createMessageConnection(
      new SocketMessageReader(socket),
      new SocketMessageWriter(socket),
    );
    connection.listen();
    const result: unknown = await Promise.race([connection.sendRequest(method, params), ended]);
    return parseWith(CONTROL_METHODS[method].result, result, `the trainer's answer to "${method}"`);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
