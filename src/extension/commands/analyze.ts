import { resolve } from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { checkCorpusForm, corpusFilesOf } from '../../node/texts/corpusFiles';
import { readModelSummary } from '../../node/model/modelFolder';
import { parseWith } from '../../shared/common/parse';
import { analyzeArguments, AnalysisRequest, type Analysis } from '../analysis/analysisRequest';
import { askForAnalysis } from '../analysis/questions';
import { requireEngine } from '../engines/engineMissing';
import { presentOutcome } from '../notices/jobOutcomes';
import { modelName } from '../../shared/model/modelName';
import { newAnalysisFile } from '../models/savedAnalyses';
import { importanceFolder } from '../window/importanceFolder';
import { workspaceFolderOf } from '../window/folders';
import type { Services } from '../services/services';
import { readSetting } from '../window/settings';
import { pathOf } from '../control/arguments';

/** The model and the text that come with the extension. */
const Sample = v.object({ sample: v.literal(true) });

/**
 * Analyzes a model and shows the heatmap. The argument is a model's folder as menus name it, `{ sample: true }`, or an
 * AnalysisRequest; what it leaves open is asked.
 * @returns the importance.json
 */
export async function run(services: Services, argument?: unknown): Promise<string> {
  const request = await askForAnalysis(services, requestOf(services, argument));
  const analysis: Analysis = {
    ...request,
    parts: request.parts ?? true,
    model: resolve(request.model),
    engine: requireEngine(request.engine ?? readSetting('adept.engine', services.log)),
    out: request.out ?? newFile(services, request.model),
  };
  readModelSummary(analysis.model);
  for (const file of [...analysis.probe, ...(analysis.domain ?? [])].flatMap((path) =>
    corpusFilesOf(path, ''),
  )) {
    checkCorpusForm(file, file);
  }
  const title = vscode.l10n.t('Analyzing {0}', modelName(analysis.model));
  const purpose = { kind: 'analyze', path: analysis.out };
  const value = await services.jobs.run({
    title,
    args: analyzeArguments(analysis),
    cwd: workspaceFolderOf(analysis.model, services.context),
    purpose,
  });
  await presentOutcome(services, { title, purpose, value }, true);
  return analysis.out;
}

function requestOf({ context }: Services, argument: unknown): AnalysisRequest {
  if (v.is(Sample, argument)) {
    const sample = (...names: string[]): string =>
      vscode.Uri.joinPath(context.extensionUri, 'media', 'sample', ...names).fsPath;
    return {
      model: sample('model'),
      probe: [sample('general.txt')],
      domain: [sample('domain.jsonl')],
      mode: 'exact',
      seqLen: 128,
      maxSequences: 32,
      batchSize: 8,
    };
  }
  const model = pathOf(argument);
  return model === undefined && argument !== undefined
    ? parseWith(AnalysisRequest, argument, 'adept.analyze')
    : { model };
}

function newFile({ context }: Services, model: string): string {
  return newAnalysisFile(importanceFolder(workspaceFolderOf(model, context)), model, new Date());
}
