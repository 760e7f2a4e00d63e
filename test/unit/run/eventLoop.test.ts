import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { ControlServer } from '../../../src/trainer/jobs/lease/controlServer';
import { ControlRequests } from '../../../src/trainer/jobs/lease/controlRequests';
import { yieldToEventLoop, SILENT_TASK } from '../../../src/trainer/task';
import { TRAINER_STATUS } from '../../support/trainerStatus';

const STEP_MILLISECONDS = 100;

/** Calls `stop` over the socket that is its argument, and says "asked" once the call is on its way. */
const CLIENT = `
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'stop', params: {} });
  const socket = require('node:net').connect(process.argv[1]);
  socket.on('error', () => undefined);
  socket.write('Content-Length: ' + body.length + '\\r\\n\\r\\n' + body, () => process.stdout.write('asked'));
`;

/** What a step does to the event loop. */
function compute(): void {
  const end = performance.now() + STEP_MILLISECONDS;
  while (performance.now() < end) {
    // Nothing else is served meanwhile.
  }
}

describe('a breath between two computations', () => {
  it('lets a request be heard whole: it waits for no second computation', async (t) => {
    const requests = new ControlRequests();
    const server = await ControlServer.listen(requests.handlers(() => TRAINER_STATUS));
    t.after(() => server.close());
    const client = spawn(process.execPath, ['-e', CLIENT, server.address], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => client.kill());
    const asked = new AbortController();
    client.stdout.once('data', () => {
      asked.abort();
    });
    let heardAfter = 0;
    // The client may have to be started first; from when it has asked, steps are counted.
    for (let step = 0; step < 100 && !requests.stop; step += 1) {
      compute();
      await yieldToEventLoop(SILENT_TASK);
      heardAfter += asked.signal.aborted ? 1 : 0;
    }
    assert.ok(requests.stop, 'the request was never heard');
    assert.ok(heardAfter <= 1, `the request was heard after ${heardAfter} steps`);
  });
});
