import * as v from 'valibot';
import { runProgram } from '../../src/cli/program';

// Commands run one after the other in this process, which test/support/commandServers.ts starts: to start a process for each
// takes longer than most of them compute.

const Call = v.array(v.string());

/** What a command writes to a stream of this process while it runs. */
function captured(stream: NodeJS.WriteStream): { text: () => string; end: () => void } {
  let text = '';
  const original = stream.write.bind(stream);
  stream.write = (piece: string | Uint8Array): boolean => {
    text += typeof piece === 'string' ? piece : Buffer.from(piece).toString('utf8');
    return true;
  };
  return {
    text: () => text,
    end: () => {
      stream.write = original;
    },
  };
}

async function answer(args: readonly string[]): Promise<void> {
  const [stdout, stderr] = [captured(process.stdout), captured(process.stderr)];
  const status = await runProgram([process.execPath, 'adept', ...args]);
  stdout.end();
  stderr.end();
  process.send?.({ status, stdout: stdout.text(), stderr: stderr.text() });
}

// Commands listen to signals until their process ends, which is many commands later here.
process.setMaxListeners(0);
process.on('message', (message) => {
  void answer(v.parse(Call, message));
});
process.once('disconnect', () => {
  process.exit();
});
