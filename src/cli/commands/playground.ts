import { Command } from 'commander';
import * as v from 'valibot';
import { inputError, messageOf } from '../../shared/common/errors';
import { asKeysOf } from '../../shared/settings/naming';
import { ToSession, type FromSession } from '../../shared/playground/session';
import { RunFolder } from '../../node/run/runFolder';
import type { ExecutorChoice } from '../../trainer/executor/executorChoice';
import { AnswerSession } from '../../trainer/jobs/generate/answerSession';
import { openExecutor } from '../../trainer/openExecutor';
import { addEngine, engineOf, engineOfBegun, type RawOptions } from '../common/options';

/** Answers prompts for the program that started it, until that one closes the channel or ends. */
export function playgroundCommand(): Command {
  const command = new Command('playground').description(
    'answer prompts for the program that started this one, over the IPC channel of Node.js',
  );
  return addEngine(command).action(async function (this: Command) {
    if (process.send === undefined) {
      throw inputError(
        'adept playground is started by another program, to answer it: use "adept generate" in a terminal.',
      );
    }
    await serve(this.opts());
  });
}

async function serve(raw: RawOptions): Promise<void> {
  const session = new AnswerSession({
    tell,
    choose: (run) => choiceOf(raw, run),
    open: (choice) =>
      openExecutor(choice, (why) => {
        note(why);
      }),
  });
  let asked = { id: -1, abort: new AbortController() };
  let last: Promise<void> = Promise.resolve();
  const receive = (value: unknown): void => {
    const message = v.safeParse(ToSession, value);
    if (!message.success) {
      note(`A message is not usable: ${message.issues[0].message}`);
    } else if (message.output.type === 'ask') {
      const request = message.output;
      const { abort } = (asked = { id: request.id, abort: new AbortController() });
      last = last.then(() => session.ask(request, abort.signal));
    } else if (message.output.id === asked.id) {
      asked.abort.abort();
    }
  };
  process.on('message', receive);
  await new Promise<void>((resolve) => {
    process.once('disconnect', resolve);
  });
  asked.abort.abort();
  await last;
  await session.close();
}

function tell(message: FromSession): void {
  // Whoever went away in the middle of an answer wants none.
  if (process.connected) {
    process.send?.(message, undefined, undefined, (error) => {
      if (error !== null) {
        note(messageOf(error));
      }
    });
  }
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** What the options say, and where they leave it open what the run was begun with. */
function choiceOf(raw: RawOptions, path: string | undefined): ExecutorChoice {
  if (path === undefined) {
    return engineOf(raw);
  }
  const run = RunFolder.open(path);
  const { engine, ranks, dtype } = run.readSpec();
  return engineOfBegun(raw, { engine, ranks, dtype, naming: asKeysOf(run.file('spec')) });
}
