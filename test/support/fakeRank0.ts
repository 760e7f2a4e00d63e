import type * as childProcess from 'node:child_process';
import type * as fs from 'node:fs';
import { chmodSync, writeFileSync } from 'node:fs';
import type * as net from 'node:net';
import type { Socket } from 'node:net';
import type * as path from 'node:path';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Launch } from '../../src/trainer/torch/process/launch';
import { TorchProcess } from '../../src/trainer/torch/process/torchProcess';
import { temporaryFolder } from './temporaryFolder';

/** What a fake rank 0 can do; its behaviour is a text of its own and sees nothing else. */
export interface FakeRank0 {
  /** Sends a frame; arrays as [name, dtype, shape, base64]. */
  readonly send: (header: object, arrays?: readonly (readonly [string, string, number[], string])[]) => void;
  readonly raw: (bytes: Uint8Array) => void;
  readonly hello: (changes?: object) => void;
  readonly socket: Socket;
  /** Modules of Node. */
  readonly node: {
    readonly fs: typeof fs;
    readonly net: typeof net;
    readonly path: typeof path;
    readonly childProcess: typeof childProcess;
  };
}

export interface FakeCall {
  readonly kind: string;
  readonly id: number;
  readonly verb: string;
  readonly [parameter: string]: unknown;
}

export interface FakeBehaviour {
  /** Instead of the greeting. */
  readonly start?: (rank0: FakeRank0) => void;
  /** For each frame after the welcome. */
  readonly onFrame?: (frame: FakeCall, rank0: FakeRank0) => void;
}

const SOURCE = `
const net = require('node:net');
const { ADEPT_EXECUTOR_SOCKET: address, ADEPT_EXECUTOR_TOKEN: token } = process.env;
const socket = net.connect(address);
const raw = (bytes) => socket.write(bytes);
const send = (header, arrays = []) => {
  const described = arrays.map(([name, dtype, shape]) => ({ name, dtype, shape }));
  const text = Buffer.from(JSON.stringify({ ...header, arrays: described }));
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(text.length);
  raw(Buffer.concat([prefix, text, ...arrays.map(([, , , data]) => Buffer.from(data, 'base64'))]));
};
const description = { engine: 'torch', device: 'CPU', library: 'PyTorch 0', threads: 1, ranks: 1, torch: '0', transformers: '0', bfloat16: false };
const hello = (changes = {}) => {
  const { description: more = {}, ...header } = changes;
  send({ kind: 'hello', protocol: 1, token, description: { ...description, ...more }, ...header });
};
const node = { net, fs: require('node:fs'), path: require('node:path'), childProcess: require('node:child_process') };
const rank0 = { send, raw, hello, socket, node };
let left = Buffer.alloc(0);
let welcome = false;
socket.on('data', (bytes) => {
  left = Buffer.concat([left, bytes]);
  while (left.length >= 4) {
    const length = left.readUInt32LE();
    if (left.length < 4 + length) return;
    const header = JSON.parse(left.subarray(4, 4 + length));
    const sizes = { int32: 4, float32: 4, float64: 8 };
    const data = header.arrays.reduce((sum, { dtype, shape }) => sum + shape.reduce((a, b) => a * b, sizes[dtype]), 0);
    if (left.length < 4 + length + data) return;
    left = left.subarray(4 + length + data);
    if (!welcome) {
      welcome = true;
      if (header.kind !== 'welcome' || header.token !== token || header.protocol !== 1) process.exit(9);
    } else if (onFrame) {
      onFrame(header, rank0);
    }
    if (header.verb === 'shutdown') {
      send({ kind: 'result', id: header.id });
      socket.end();
    }
  }
});
socket.on('error', () => process.exit(1));
socket.on('close', () => process.exit(0));
socket.on('connect', () => (start ? start(rank0) : hello()));
`;

/** Writes a program that behaves as rank 0 does, whatever its arguments, and can be given for a Python. */
export function fakePython(t: TestContext, { start, onFrame }: FakeBehaviour = {}): string {
  const file = join(temporaryFolder(t), 'python');
  const behaviour = `const start = ${String(start)};\nconst onFrame = ${String(onFrame)};\n`;
  writeFileSync(file, `#!${process.execPath}\n${behaviour}${SOURCE}`);
  chmodSync(file, 0o755);
  return file;
}

/** Starts a fake rank 0, which is gone after the test. */
export async function startFake(
  t: TestContext,
  behaviour: FakeBehaviour = {},
  launch: Partial<Launch> = {},
): Promise<TorchProcess> {
  const python = fakePython(t, behaviour);
  const rank0 = await TorchProcess.start({ python, packages: '/nowhere', ranks: 1, ...launch });
  t.after(() => rank0.close());
  return rank0;
}
