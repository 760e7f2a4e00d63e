import * as vscode from 'vscode';
import { readHeatmapFile } from '../../node/model/analysisFile';
import { importanceReport } from '../../shared/assistants/importanceReport';
import { ImportanceResult } from '../../shared/assistants/toolResults';
import type { AssistantTool } from './assistantTool';
import { analysesOf } from './analyses';

export const tool: AssistantTool<'adept_get_importance'> = {
  result: ImportanceResult,
  doing: ({ model }) =>
    model === undefined
      ? vscode.l10n.t('Reading the importance of the layers')
      : vscode.l10n.t('Reading the importance of the layers of {0}', model),
  answer: async (services, { model, least }) => {
    const [latest, ...others] = await analysesOf(services, model);
    const { file, time } = latest;
    const { importance } = readHeatmapFile(file);
    return importanceReport({ importance, file, time, others: others.map((other) => other.file) }, least);
  },
};
