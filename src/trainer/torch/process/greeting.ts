import { timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { failure } from '../../../shared/common/errors';
import { encodeFrame, FrameReader, type Frame } from '../wire/frames';
import { Greeting, Hello, parseMessage, PROTOCOL, type RanksDescription } from '../wire/messages';
import { WireError } from '../wire/wireError';

/** Rank 0, recognised. */
export interface Greeted {
  readonly socket: Socket;
  /** Has read the greeting. */
  readonly reader: FrameReader;
  readonly description: RanksDescription;
}

/** Reads what a connection says first, and answers it. Whoever does not know the token is sent away, and nothing more is said. */
export function greet(
  socket: Socket,
  token: string,
  settle: { readonly greeted: (greeted: Greeted) => void; readonly failed: (error: unknown) => void },
): void {
  const reader = new FrameReader();
  const leave = (): void => {
    socket.destroy();
  };
  const listen = (bytes: Uint8Array): void => {
    const frame = firstFrame(reader, bytes);
    if (frame === undefined) {
      return;
    }
    socket.off('data', listen);
    if (frame === 'none' || !knows(frame, token)) {
      leave();
      return;
    }
    try {
      const description = describedBy(frame);
      for (const piece of encodeFrame({ kind: 'welcome', protocol: PROTOCOL, token })) {
        socket.write(piece);
      }
      settle.greeted({ socket, reader, description });
    } catch (error) {
      leave();
      settle.failed(error);
    }
  };
  socket.on('data', listen).on('error', leave);
}

/** Undefined until it is there; `none` where what comes is no frame, and may be anybody's. */
function firstFrame(reader: FrameReader, bytes: Uint8Array): Frame | 'none' | undefined {
  try {
    return reader.read(bytes)[0];
  } catch (error) {
    if (error instanceof WireError) {
      return 'none';
    }
    throw error;
  }
}

function knows({ header }: Frame, token: string): boolean {
  const shown = 'token' in header && typeof header.token === 'string' ? Buffer.from(header.token) : undefined;
  const own = Buffer.from(token);
  return shown?.length === own.length && timingSafeEqual(shown, own);
}

/** @throws AdeptError (failure) when rank 0 speaks another version; WireError when its greeting cannot be read */
function describedBy({ header }: Frame): RanksDescription {
  const { protocol } = parseMessage(Greeting, header, 'a greeting');
  if (protocol !== PROTOCOL) {
    throw failure(
      `The torch executor speaks version ${protocol} of the protocol, this program version ${PROTOCOL}: update the older one.`,
    );
  }
  return parseMessage(Hello, header, 'a greeting').description;
}
