import { Command, CommanderError } from 'commander';
import { AdeptError, messageOf } from '../shared/errors';
import { version } from '../../package.json';
import { analyzeCommand } from './commands/analyze';
import { engineCommand, setupCommand } from './commands/engine';
import { evalCommand } from './commands/evaluate';
import { expandCommand } from './commands/expand';
import { exportCommand } from './commands/exportModel';
import { statusCommand, stopCommand } from './commands/life';
import { resumeCommand, runCommand } from './commands/run';
import { tuneCommand } from './commands/tune';

/** The whole command line; every failure is an exception that {@link main} turns into an exit status. */
export function program(): Command {
  const commands = [
    setupCommand(),
    engineCommand(),
    analyzeCommand(),
    expandCommand(),
    tuneCommand(),
    runCommand(),
    resumeCommand(),
    stopCommand(),
    statusCommand(),
    evalCommand(),
    exportCommand(),
  ];
  const root = new Command('adept')
    .description(
      'Adapt a language model to a domain without losing its general ability (ADEPT, arXiv 2510.10071).',
    )
    .version(version)
    .exitOverride();
  for (const command of commands) {
    command.exitOverride().allowExcessArguments(false);
    root.addCommand(command);
  }
  return root;
}

async function main(argv: readonly string[]): Promise<number> {
  try {
    await program().parseAsync([...argv]);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has already said what is wrong; help and version are no failures.
      return error.exitCode === 0 ? 0 : 2;
    }
    if (error instanceof AdeptError) {
      process.stderr.write(`adept: ${error.message}\n`);
      return error.exitStatus;
    }
    process.stderr.write(
      `adept: unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}\n`,
    );
    return 1;
  }
}

void main(process.argv).then((status) => {
  process.exitCode = status;
});
