import * as vscode from 'vscode';
import { engineState } from '../../node/engines/engineState';
import { readJob } from '../../node/job/jobFile';
import { RunFolder } from '../../node/run/runFolder';
import { AdeptError } from '../../shared/common/errors';
import type { EngineChoice } from '../../shared/config/runConfig';
import { isSetUp, type InstalledEngine } from '../../shared/engines/engineState';

/** An engine was asked for that this machine does not have. */
export class EngineMissing extends AdeptError {
  constructor(readonly engine: InstalledEngine) {
    super(
      engine === 'torch'
        ? vscode.l10n.t('PyTorch is not set up on this machine: set it up, or choose another engine.')
        : vscode.l10n.t(
            'The native engine is not set up on this machine: set it up, or choose another engine.',
          ),
      'failure',
    );
  }
}

/** @throws EngineMissing where nothing could be computed with it */
export function requireEngine<E extends EngineChoice>(engine: E): E {
  if ((engine === 'native' || engine === 'torch') && !isSetUp(engine, engineState())) {
    throw new EngineMissing(engine);
  }
  return engine;
}

/** The engine that a run was begun with, and goes on with. */
export function engineOfRun(run: string): EngineChoice {
  const folder = RunFolder.at(run);
  return readJob(run)?.config.engine ?? (folder.hasSpec() ? folder.readSpec().engine : 'auto');
}

/** What offers the set-up of an engine, and the choice of another. */
export function engineOffers(engine: InstalledEngine): readonly { title: string; command: string }[] {
  const { l10n } = vscode;
  return [
    engine === 'torch'
      ? { title: l10n.t('Set Up PyTorch'), command: 'adept.setUpTorch' }
      : { title: l10n.t('Set Up Native Engine'), command: 'adept.setUpNative' },
    { title: l10n.t('Choose Engine'), command: 'adept.chooseEngine' },
  ];
}
