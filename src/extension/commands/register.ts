import * as vscode from 'vscode';
import { COMMANDS, type CommandId } from '../../shared/contributions/extensionCommands';
import { reportError } from '../window/reportError';
import type { Services } from '../services/services';
import { requireTrust } from '../window/trust';
import { COMMAND_TABLE } from './table';

/** Registers every command of the table. What a handler throws is reported, and the command then returns undefined. */
export function registerCommands(services: Services): vscode.Disposable[] {
  return commandIds().map((id) =>
    vscode.commands.registerCommand(id, (...args: readonly unknown[]) => runCommand(services, id, args)),
  );
}

function commandIds(): readonly CommandId[] {
  // Object.keys forgets what the keys are.
  return Object.keys(COMMAND_TABLE) as CommandId[];
}

async function runCommand(services: Services, id: CommandId, args: readonly unknown[]): Promise<unknown> {
  const { title, needsTrust } = COMMANDS[id];
  services.log.debug(`${id} runs.`);
  try {
    // A hidden command can still be called, by a keybinding or another extension.
    if (needsTrust) {
      requireTrust(title);
    }
    const { run } = await COMMAND_TABLE[id]();
    return await run(services, ...args);
  } catch (error) {
    void reportError(services.log, `ADEPT: ${title}`, error);
    return undefined;
  }
}
