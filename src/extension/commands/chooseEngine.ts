import * as vscode from 'vscode';
import { engineState } from '../../node/engines/engineState';
import { EngineChoice } from '../../shared/config/runConfig';
import { engineName, engineText, isSetUp, type EngineState } from '../../shared/engines/engineState';
import type { Services } from '../services/services';
import { readSetting } from '../window/settings';
import { pickItem } from '../window/questions';

interface EngineItem extends vscode.QuickPickItem {
  readonly engine: EngineChoice;
}

/**
 * Asks which engine computes, says what each is on this machine, and sets up what is chosen and missing.
 * @returns what the setting is now
 */
export async function run(services: Services): Promise<EngineChoice> {
  const { l10n } = vscode;
  const setting = readSetting('adept.engine', services.log);
  const state = engineState();
  const picked = await pickItem(
    EngineChoice.options.map((engine) => item(engine, state, setting)),
    {
      title: l10n.t('Choose Engine'),
      placeHolder: l10n.t('What computes, in analyses and runs that do not say otherwise'),
    },
  );
  if (picked === undefined) {
    throw new vscode.CancellationError();
  }
  const { engine } = picked;
  if (!isSetUp(engine, state)) {
    await vscode.commands.executeCommand(engine === 'torch' ? 'adept.setUpTorch' : 'adept.setUpNative');
    if (!isSetUp(engine, engineState())) {
      // Cancelled, or refused with a message of its own: what was chosen before computes.
      return setting;
    }
  }
  await changeSetting(engine);
  services.contextKeys.set('adept.engineChosen', true);
  return engine;
}

function item(engine: EngineChoice, state: EngineState, setting: EngineChoice): EngineItem {
  const { l10n } = vscode;
  return {
    engine,
    label: `${engine === setting ? '$(check)' : '$(blank)'} ${engineName(engine, l10n)}`,
    description: engineText(engine, state, l10n),
    detail: detailOf(engine, state),
  };
}

function detailOf(engine: EngineChoice, state: EngineState): string {
  const { l10n } = vscode;
  switch (engine) {
    case 'auto':
      return l10n.t('PyTorch where it has a GPU, else native where it is set up, else embedded');
    case 'native':
      return isSetUp(engine, state)
        ? l10n.t('fast on a processor')
        : l10n.t('fast on a processor; choose it to set it up, which downloads it');
    case 'wasm':
      return l10n.t('needs no set-up');
    case 'torch':
      return isSetUp(engine, state)
        ? l10n.t('for GPUs, one or several: {0}', state.torch?.interpreter ?? '')
        : l10n.t(
            'for GPUs, one or several; choose it to set it up with a Python that you have, or a new one',
          );
  }
}

/** Where it is set already, so that the change is seen. */
async function changeSetting(engine: EngineChoice): Promise<void> {
  const configuration = vscode.workspace.getConfiguration();
  const workspaceValue = configuration.inspect('adept.engine')?.workspaceValue;
  await configuration.update(
    'adept.engine',
    engine,
    workspaceValue === undefined ? vscode.ConfigurationTarget.Global : vscode.ConfigurationTarget.Workspace,
  );
}
