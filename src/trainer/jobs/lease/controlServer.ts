import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  createMessageConnection,
  ErrorCodes,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
  type Message,
} from 'vscode-jsonrpc/node';
import { parseWith } from '../../../shared/common/parse';
import {
  CONTROL_METHODS,
  type ControlMethod,
  type ControlParams,
  type TrainerStatus,
} from '../../../shared/run/protocol';

/** What the trainer does when it is called. */
export type ControlHandlers = { readonly [M in ControlMethod]: (params: ControlParams<M>) => TrainerStatus };

// A client that does not read its answer must not keep a trainer from ending.
const GRACE_MILLISECONDS = 500;
const POLL_MILLISECONDS = 5;

/** Tells when a message has been handed to the socket. */
class CountingWriter extends SocketMessageWriter {
  constructor(
    socket: Socket,
    private readonly onWritten: () => void,
  ) {
    super(socket);
  }

  override async write(message: Message): Promise<void> {
    try {
      await super.write(message);
    } finally {
      this.onWritten();
    }
  }
}

/** The trainer's control socket: a Unix socket in a folder of its own that only this user can enter (a pipe on Windows). */
export class ControlServer {
  private readonly clients = new Set<Socket>();
  /** Calls whose answers are not yet on their way. */
  private unanswered = 0;

  private constructor(
    private readonly server: Server,
    readonly address: string,
  ) {}

  static async listen(handlers: ControlHandlers): Promise<ControlServer> {
    const address = newAddress();
    const server = createServer();
    const control = new ControlServer(server, address);
    server.on('connection', (socket) => {
      control.serve(socket, handlers);
    });
    await new Promise<void>((listening, failed) => {
      server.once('error', failed);
      server.listen(address, listening);
    });
    // The run decides how long the process lives, not its control socket.
    server.unref();
    return control;
  }

  private serve(socket: Socket, handlers: ControlHandlers): void {
    this.clients.add(socket);
    socket.unref();
    const connection = createMessageConnection(
      new SocketMessageReader(socket),
      new CountingWriter(socket, () => (this.unanswered -= 1)),
    );
    const forget = (): void => {
      this.clients.delete(socket);
      connection.dispose();
    };
    socket.once('close', forget);
    // A client that goes away in the middle of an answer is no concern of the run.
    socket.on('error', forget);
    for (const method of Object.keys(CONTROL_METHODS) as ControlMethod[]) {
      connection.onRequest(method, (params: unknown) => {
        this.unanswered += 1;
        return answer(method, params, handlers);
      });
    }
    // Counted like the others, because its answer is.
    connection.onRequest((method: string) => {
      this.unanswered += 1;
      throw new ResponseError(ErrorCodes.MethodNotFound, `The trainer knows no "${method}".`);
    });
    connection.listen();
  }

  /** Lets the answers that are under way reach their callers first. */
  async close(): Promise<void> {
    const deadline = Date.now() + GRACE_MILLISECONDS;
    while (this.unanswered > 0 && Date.now() < deadline) {
      await setTimeout(POLL_MILLISECONDS);
    }
    for (const socket of this.clients) {
      socket.end();
    }
    this.server.close();
    if (process.platform !== 'win32') {
      rmSync(dirname(this.address), { recursive: true, force: true });
    }
  }
}

function answer(method: ControlMethod, params: unknown, handlers: ControlHandlers): TrainerStatus {
  const where = `control call "${method}"`;
  if (method === 'setLearningRate') {
    return handlers.setLearningRate(parseWith(CONTROL_METHODS.setLearningRate.params, params, where));
  }
  return handlers[method](parseWith(CONTROL_METHODS[method].params, params ?? {}, where));
}

function newAddress(): string {
  if (process.platform === 'win32') {
    return `\\\\.\\pipe\\adept-${process.pid}-${Date.now()}`;
  }
  // Not in the run folder: a socket's path may be 104 characters long at most.
  const folder = mkdtempSync(join(tmpdir(), 'adept-'));
  chmodSync(folder, 0o700);
  return join(folder, 'control.sock');
}
