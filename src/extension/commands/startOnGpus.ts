import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import * as vscode from 'vscode';
import { engineState } from '../../node/engines/engineState';
import { readRunTarget } from '../../node/job/runConfigFile';
import { writeTorchCompute, type TorchCompute } from '../../node/job/runConfigEdit';
import { numberOfText } from '../../shared/common/numberText';
import type { TorchDtype } from '../../shared/config/runConfig';
import type { EngineState } from '../../shared/engines/engineState';
import { pathOf } from '../control/arguments';
import { EngineMissing } from '../engines/engineMissing';
import { HeatmapPanel } from '../panels/heatmapPanel';
import type { Services } from '../services/services';
import { activeConfig, pickConfig, saveOpen } from './openConfig';
import { startConfig } from './startTuning';
import { askText, pickItem } from '../window/questions';

/** So many ranks are proposed where there is no GPU. */
const RANKS_ON_CPU = 2;

type Torch = NonNullable<EngineState['torch']>;

/**
 * Asks how many ranks of PyTorch compute and in what, writes it into a *.adept.json and starts it. With an active heatmap it
 * fills in the launch form instead.
 * @returns the run folder; undefined when nothing was started
 */
export async function run(services: Services, argument?: unknown): Promise<string | undefined> {
  const { torch } = engineState();
  if (torch === null) {
    throw new EngineMissing('torch');
  }
  const given = pathOf(argument) ?? activeConfig();
  const heatmap = given === undefined ? HeatmapPanel.active : undefined;
  if (heatmap !== undefined) {
    await heatmap.showLaunch(await ask(torch));
    return undefined;
  }
  const title = vscode.l10n.t('Start on Several GPUs');
  const config = resolve(given ?? (await pickConfig(title)));
  await saveOpen(config);
  // What is wrong with it is said before anything is asked.
  readRunTarget(config);
  const compute = await ask(torch);
  writeTorchCompute(config, compute);
  return startConfig(services, config, { compute });
}

async function ask(torch: Torch): Promise<TorchCompute> {
  return { ranks: await askRanks(torch), dtype: await askDtype(torch) };
}

async function askRanks({ gpus, facts }: Torch): Promise<number> {
  const { l10n } = vscode;
  const text = await askText({
    title: l10n.t('Start on Several GPUs (1/2)'),
    prompt:
      gpus > 0
        ? l10n.t('How many ranks: one a GPU. Found: {0} × {1}.', gpus, facts?.device ?? '')
        : l10n.t(
            'How many ranks. No GPU was found: they share the {0} threads of the processor.',
            availableParallelism(),
          ),
    value: String(gpus > 0 ? gpus : RANKS_ON_CPU),
    validateInput: (input) => ranksProblem(input, gpus),
  });
  if (text === undefined) {
    throw new vscode.CancellationError();
  }
  return Number(text);
}

function ranksProblem(input: string, gpus: number): string | undefined {
  const { l10n } = vscode;
  const ranks = numberOfText(input);
  if (ranks === undefined || !Number.isInteger(ranks) || ranks < 1) {
    return l10n.t('Give a whole number of at least 1.');
  }
  return gpus > 0 && ranks > gpus ? l10n.t('There are {0} GPUs: give as many at most.', gpus) : undefined;
}

async function askDtype({ gpus, facts }: Torch): Promise<TorchDtype> {
  const { l10n } = vscode;
  const here = gpus > 0 && facts?.bfloat16 === true ? 'bfloat16' : 'float32';
  const items: readonly (vscode.QuickPickItem & { dtype: TorchDtype })[] = [
    { dtype: 'auto', label: l10n.t('Automatic'), description: l10n.t('{0} here', here) },
    {
      dtype: 'bfloat16',
      label: 'bfloat16',
      description: l10n.t('half the memory for frozen weights and activations; fast on recent GPUs'),
    },
    { dtype: 'float32', label: 'float32', description: l10n.t('exact, and slower on GPUs') },
  ];
  const picked = await pickItem(items, {
    title: l10n.t('Start on Several GPUs (2/2)'),
    placeHolder: l10n.t('What is computed in; what trains has float32 values in any case'),
  });
  if (picked === undefined) {
    throw new vscode.CancellationError();
  }
  return picked.dtype;
}
