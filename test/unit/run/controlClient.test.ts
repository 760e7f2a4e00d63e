import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { callTrainer } from '../../../src/node/process/controlClient';
import { NoAnswer } from '../../../src/node/process/noAnswer';
import { AdeptError } from '../../../src/shared/common/errors';
import { ControlServer } from '../../../src/trainer/jobs/lease/controlServer';
import { temporaryFolder } from '../../support/temporaryFolder';
import { TRAINER_STATUS } from '../../support/trainerStatus';

/** A server that does with each connection what the test says. */
async function listen(t: TestContext, serve: (socket: Socket) => void): Promise<string> {
  const address = join(temporaryFolder(t), 'socket');
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  t.after(() => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  });
  await new Promise<void>((listening) => server.listen(address, listening));
  return address;
}

async function rejection(call: Promise<unknown>): Promise<AdeptError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof AdeptError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'the call succeeded' });
}

describe('a call to a trainer', () => {
  it('brings the method and its parameters, and the answer back', async (t) => {
    const asked: unknown[] = [];
    const note = (name: string) => (params: unknown) => {
      asked.push([name, params]);
      return TRAINER_STATUS;
    };
    const server = await ControlServer.listen({
      status: note('status'),
      pause: note('pause'),
      resume: note('resume'),
      stop: note('stop'),
      checkpoint: note('checkpoint'),
      setLearningRate: note('setLearningRate'),
    });
    t.after(() => server.close());
    assert.deepEqual(await callTrainer(server.address, { method: 'status' }), TRAINER_STATUS);
    // Other programs write null where there are no parameters.
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'pause', params: null });
    const socket = connect(server.address);
    t.after(() => socket.destroy());
    socket.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), /"result":\{/);
    assert.deepEqual(
      await callTrainer(server.address, { method: 'setLearningRate', value: 0.5 }),
      TRAINER_STATUS,
    );
    assert.deepEqual(asked, [
      ['status', {}],
      ['pause', {}],
      ['setLearningRate', { value: 0.5 }],
    ]);
  });

  it('says that nobody is there', async (t) => {
    const error = await rejection(callTrainer(join(temporaryFolder(t), 'none'), { method: 'pause' }));
    assert.ok(error instanceof NoAnswer);
    assert.match(error.message, /cannot be reached for "pause" at .*none .*ENOENT/);
  });

  it('says that the trainer ended before it answered', async (t) => {
    const address = await listen(t, (socket) => socket.once('data', () => socket.destroy()));
    const error = await rejection(callTrainer(address, { method: 'stop' }));
    assert.ok(error instanceof NoAnswer);
    assert.match(error.message, /ended before it answered "stop"/);
  });

  it('gives up after its time, naming it', async (t) => {
    const address = await listen(t, (socket) => socket.resume());
    const error = await rejection(callTrainer(address, { method: 'checkpoint' }, 50));
    assert.ok(error instanceof NoAnswer);
    assert.match(error.message, /did not answer "checkpoint" within 0.05 seconds/);
  });

  it('passes on a refusal, and takes no answer of another shape', async (t) => {
    const refuse = (): never => {
      throw new Error('not now');
    };
    // A trainer of another version, whose answers have another shape.
    const foreign = { ...TRAINER_STATUS, step: -1 };
    const server = await ControlServer.listen({
      status: () => foreign,
      pause: refuse,
      resume: refuse,
      stop: refuse,
      checkpoint: refuse,
      setLearningRate: refuse,
    });
    t.after(() => server.close());
    const refused = await rejection(callTrainer(server.address, { method: 'pause' }));
    assert.ok(!(refused instanceof NoAnswer));
    assert.match(refused.message, /refused "pause" \(.*not now\)/);
    assert.match(
      (await rejection(callTrainer(server.address, { method: 'status' }))).message,
      /"step" is not usable/,
    );
  });
});
