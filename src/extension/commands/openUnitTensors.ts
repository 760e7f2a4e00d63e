import * as vscode from 'vscode';
import { readRawConfig } from '../../node/model/configFile';
import { readStoredTensors } from '../../node/model/storedTensors';
import { inputError } from '../../shared/common/errors';
import { fusedSliceOf } from '../../shared/model/fusedTensors';
import { openTensors } from '../editors/safetensorsEditor';
import { HeatmapPanel } from '../panels/heatmapPanel';
import type { Services } from '../services/services';
import { heatCellOf } from './heatCell';

/** Shows the tensors of the unit that a menu was opened on; of its layer where it was no unit's cell. */
export async function run(_services: Services, argument?: unknown): Promise<void> {
  const { layer, unit } = heatCellOf(argument);
  const model = HeatmapPanel.active?.selection?.model;
  if (model === undefined) {
    return;
  }
  // Before it stands what the model's class calls its decoder.
  const text = `layers.${layer}.${unit === undefined ? '' : `${unit}.`}`;
  const found = readStoredTensors(model).find(({ name }) => `.${name}`.includes(`.${text}`));
  if (found === undefined) {
    throw inputError(vscode.l10n.t('{0} holds no tensor whose name contains “{1}”.', model, text));
  }
  // Where several units are stored as one, that one is shown.
  const { fused } = fusedSliceOf(readRawConfig(model), found.name) ?? {};
  await openTensors(found.file, fused ?? text);
}
