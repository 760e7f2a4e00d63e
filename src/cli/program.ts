import { Command, CommanderError } from 'commander';
import { AdeptError, inputError, messageOf } from '../shared/common/errors';
import { version } from '../../package.json';
import { analyzeCommand } from './commands/analyze';
import { compareCommand } from './commands/compare';
import { strengthCommand } from './commands/dial';
import { engineCommand } from './commands/engine';
import { setupCommand } from './commands/setup';
import { evalCommand } from './commands/evaluate';
import { expandCommand } from './commands/expand';
import { exportCommand } from './commands/exportModel';
import { statusCommand, stopCommand } from './commands/life';
import { generateCommand } from './commands/generate';
import { launchCommand } from './commands/launch';
import { planCommand } from './commands/plan';
import { playgroundCommand } from './commands/playground';
import { prepareCommand } from './commands/prepare';
import { previewCommand } from './commands/preview';
import { cacheCommand } from './commands/cache';
import { reportCommand } from './commands/report';
import { resumeCommand, runCommand } from './commands/run';
import { studyCommand } from './commands/study';
import { shiftCommand } from './commands/tokenShift';
import { tuneCommand } from './commands/tune';

/** The whole command line; every failure is an exception that {@link runProgram} turns into an exit status. */
function program(): Command {
  const commands = [
    setupCommand(),
    engineCommand(),
    analyzeCommand(),
    planCommand(),
    expandCommand(),
    tuneCommand(),
    runCommand(),
    studyCommand(),
    resumeCommand(),
    launchCommand(),
    stopCommand(),
    statusCommand(),
    prepareCommand(),
    previewCommand(),
    cacheCommand(),
    evalCommand(),
    generateCommand(),
    compareCommand(),
    strengthCommand(),
    reportCommand(),
    shiftCommand(),
    exportCommand(),
  ];
  const root = new Command('adept')
    .description(
      'Adapt a language model to a domain without losing its general ability (ADEPT, arXiv 2510.10071).',
    )
    .version(version);
  /** What other programs start, and nobody in a terminal. */
  const hidden = [playgroundCommand()];
  for (const command of [root, ...commands, ...hidden]) {
    command.exitOverride(refuseUsage(command)).configureOutput({ outputError: () => undefined });
  }
  for (const command of commands) {
    root.addCommand(command.allowExcessArguments(false));
  }
  for (const command of hidden) {
    root.addCommand(command.allowExcessArguments(false), { hidden: true });
  }
  return root;
}

/** Wrong usage in the words of every other error; help and version, which end a command as well, go through. */
function refuseUsage(command: Command): (error: CommanderError) => never {
  return (error) => {
    if (error.exitCode === 0) {
      throw error;
    }
    const help = command.parent ? `adept ${command.name()} --help` : 'adept --help';
    // Without any command commander has shown the help, and calls that an error without words.
    const what =
      error.code === 'commander.help' ? 'no command is given' : error.message.replace(/^error: |\.?$/g, '');
    throw inputError(`${what.replace(/\s+/g, ' ')}: see "${help}".`);
  };
}

/**
 * Runs one command.
 * @param argv as of a process: its program and script come first
 * @returns the exit status: 0, 2 for wrong usage or bad input, 1 otherwise
 */
export async function runProgram(argv: readonly string[]): Promise<number> {
  try {
    await program().parseAsync([...argv]);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      // What help and version end with.
      return error.exitCode;
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
