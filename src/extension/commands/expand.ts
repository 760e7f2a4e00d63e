import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { readJson } from '../../node/files/jsonFile';
import { inputError } from '../../shared/common/errors';
import { ImportanceFile } from '../../shared/method/importance';
import { parseWith } from '../../shared/common/parse';
import { requireEngine } from '../engines/engineMissing';
import { presentOutcome } from '../notices/jobOutcomes';
import { analysisText } from '../models/modelText';
import { modelName } from '../../shared/model/modelName';
import { HeatmapPanel } from '../panels/heatmapPanel';
import { shortPath, workspaceFolderOf } from '../window/folders';
import type { Services } from '../services/services';
import { readSetting } from '../window/settings';
import { pathOf } from '../control/arguments';
import { askForNewFolder } from './newFolder';
import { pickItem } from '../window/questions';

const layer = v.pipe(v.number(), v.integer(), v.minValue(0));
const Request = v.object({
  model: v.string(),
  /** The importance.json that the layers were chosen by. */
  importance: v.string(),
  layers: v.pipe(v.array(layer), v.minLength(1)),
  /** Folder of the expanded model; asked when left out. */
  out: v.optional(v.string()),
});
type Request = v.InferOutput<typeof Request>;

/** How many of the least important layers are chosen at first. */
const PROPOSED = 2;

/**
 * Writes a model with copies of the chosen layers: those marked in the active heatmap, those of the argument, or those
 * the person picks of a saved analysis.
 * @returns the folder of the expanded model
 */
export async function run(services: Services, argument?: unknown): Promise<string> {
  const request = await requestOf(services, argument);
  const model = resolve(request.model);
  const name = `${modelName(model)}-plus${request.layers.length}`;
  const proposal = join(workspaceFolderOf(model, services.context), '.adept', 'expanded', name);
  const out = request.out ?? (await askForNewFolder(vscode.l10n.t('Expand Selected Layers'), proposal));
  const title = vscode.l10n.t('Expanding {0}', modelName(model));
  const purpose = { kind: 'expand', path: out };
  const value = await services.jobs.run({
    title,
    args: [
      'expand',
      ...['--model', model, '--out', out, '--layers', request.layers.join(',')],
      ...['--engine', requireEngine(readSetting('adept.engine', services.log))],
      ...probeArguments(request.importance),
    ],
    cwd: workspaceFolderOf(model, services.context),
    purpose,
  });
  await presentOutcome(services, { title, purpose, value }, true);
  return out;
}

/** Equivalence is measured on the text of the analysis, as far as it is still there. */
function probeArguments(importance: string): string[] {
  const { probe } = parseWith(ImportanceFile, readJson(importance), importance);
  const files = probe.sources.filter((file) => existsSync(file));
  return files.length === 0 ? [] : ['--probe', ...files];
}

async function requestOf(services: Services, argument: unknown): Promise<Request> {
  const file = pathOf(argument);
  if (argument !== undefined && file === undefined) {
    return parseWith(Request, argument, 'adept.expand');
  }
  const selection = file === undefined ? HeatmapPanel.active?.selection : undefined;
  if (selection === undefined) {
    return pickLayers(file ?? (await pickAnalysis(services)));
  }
  if (selection.layers.length === 0) {
    throw inputError(
      vscode.l10n.t(
        'No layer is marked in the heatmap: click the layers that are to be copied, or use Suggest.',
      ),
    );
  }
  return { ...selection, layers: [...selection.layers] };
}

async function pickAnalysis({ models }: Services): Promise<string> {
  const { l10n } = vscode;
  const items = (await models.foundNow()).flatMap(({ path, analyses }) =>
    analyses.map(({ file, summary }) => ({
      file,
      label: modelName(path),
      description: summary === undefined ? '' : analysisText(summary, l10n),
      detail: shortPath(file),
    })),
  );
  if (items.length === 0) {
    throw inputError(l10n.t('No model of this workspace is analyzed: run "ADEPT: Analyze Model" first.'));
  }
  const picked = await pickItem(items, {
    title: l10n.t('Expand Selected Layers'),
    placeHolder: l10n.t('The analysis to choose the layers by'),
  });
  if (picked === undefined) {
    throw new vscode.CancellationError();
  }
  return picked.file;
}

async function pickLayers(file: string): Promise<Request> {
  const { l10n } = vscode;
  const { model, layers } = parseWith(ImportanceFile, readJson(file), file);
  const ranked = [...layers].sort((a, b) => a.importance - b.importance);
  const items = ranked.map(({ index, importance }, rank) => ({
    index,
    label: l10n.t('Layer {0}', index),
    description: l10n.t('importance {0}', importance.toFixed(4)),
    picked: rank < PROPOSED,
  }));
  const picked = await pickItem(items, {
    title: l10n.t('Expand Selected Layers'),
    placeHolder: l10n.t('Layers to copy, the least important first'),
    canPickMany: true,
  });
  if (picked === undefined) {
    throw new vscode.CancellationError();
  }
  const chosen = picked.map(({ index }) => index).sort((a, b) => a - b);
  return parseWith(
    Request,
    { model: model.path, importance: file, layers: chosen },
    l10n.t('Expand Selected Layers'),
  );
}
