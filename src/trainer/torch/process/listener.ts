import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Unix socket in a folder that only this user can enter. */
export class Listener {
  private constructor(
    private readonly server: Server,
    private readonly folder: string,
    readonly address: string,
  ) {}

  static async open(onConnection: (socket: Socket) => void): Promise<Listener> {
    // Not in the run folder: a socket's path may be 104 characters long at most.
    const folder = mkdtempSync(join(tmpdir(), 'adept-torch-'));
    chmodSync(folder, 0o700);
    const address = join(folder, 'executor.sock');
    const server = createServer(onConnection);
    const listener = new Listener(server, folder, address);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(address, resolve);
      });
    } catch (error) {
      listener.close();
      throw error;
    }
    return listener;
  }

  /** Takes nobody any more; connections stay. Nothing is left on the disk. */
  close(): void {
    this.server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
