import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import * as v from 'valibot';
import { HANG_MILLISECONDS } from './hang';
import { projectRoot } from './projectRoot';

const SERVER = join(projectRoot, 'out', 'test', 'support', 'commandServer.cjs');

const Answer = v.object({ status: v.number(), stdout: v.string(), stderr: v.string() });
type Answer = v.InferOutput<typeof Answer>;

/** Servers of this test file that run no command at the moment. They end with it. */
const idle: ChildProcess[] = [];

function start(): ChildProcess {
  const server = fork(SERVER, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  server.unref();
  server.channel?.unref();
  return server;
}

/** Runs a command in a process that has run others before it. @throws Error when that process ends, or takes too long */
export async function runInServer(args: readonly string[]): Promise<Answer> {
  const server = idle.pop() ?? start();
  server.channel?.ref();
  const answer = await new Promise<Answer>((resolve, reject) => {
    const timer = setTimeout(() => server.kill('SIGKILL'), HANG_MILLISECONDS);
    const ended = (code: number | null, signal: NodeJS.Signals | null): void => {
      clearTimeout(timer);
      reject(new Error(`adept ${args.join(' ')} ended its process: ${signal ?? `status ${String(code)}`}`));
    };
    server.once('exit', ended);
    server.once('message', (message) => {
      clearTimeout(timer);
      server.off('exit', ended);
      resolve(v.parse(Answer, message));
    });
    server.send([...args]);
  });
  server.channel?.unref();
  idle.push(server);
  return answer;
}
