import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ChildRuntime } from '../../src/extension/process/detachedChild';
import { temporaryFolder } from './temporaryFolder';

/** Does what its first argument says, as the `adept` command would. */
const SCRIPT = `
const { appendFileSync } = require('node:fs');
const [deed, ...args] = process.argv.slice(2);
const file = args[args.indexOf('--events') + 1];
const emit = (event) => appendFileSync(file, JSON.stringify({ time: new Date().toISOString(), ...event }) + '\\n');
const stay = () => setInterval(() => undefined, 1000);
const started = () => emit({ type: 'started', pid: process.pid, command: deed });
const deeds = {
  succeed() {
    started();
    emit({ type: 'log', message: 'engine: wasm' });
    emit({ type: 'progress', fraction: 0.5, message: 'layer 1 of 2' });
    console.error('half way');
    emit({ type: 'result', value: { cwd: process.cwd(), environment: process.env, args } });
  },
  fail() {
    started();
    emit({ type: 'error', message: 'model/config.json is missing: name a model folder.', exitStatus: 2 });
    process.exitCode = 2;
  },
  crash() {
    started();
    console.error('first line\\n\\u001b[31mout of luck\\u001b[0m');
    process.exitCode = 3;
  },
  beforeEvents() {
    console.error('adept: unknown option');
    process.exitCode = 2;
  },
  obedient() {
    process.once('SIGTERM', () => {
      emit({ type: 'error', message: 'Cancelled: nothing was written.', exitStatus: 1 });
      process.exit(1);
    });
    started();
    stay();
  },
  killItself() {
    started();
    process.kill(process.pid, 'SIGKILL');
  },
  wait() {
    started();
    stay();
  },
};
deeds[deed]();
`;

/** A runtime whose command is a script that does as it is told. */
export function fakeCommand(t: TestContext): ChildRuntime {
  const cli = join(temporaryFolder(t), 'cli.cjs');
  writeFileSync(cli, SCRIPT);
  return { node: process.execPath, cli, environment: { PATH: process.env.PATH ?? '', MARK: 'set' } };
}
