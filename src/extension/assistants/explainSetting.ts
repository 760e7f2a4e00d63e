import * as vscode from 'vscode';
import { settingFacts } from '../../shared/assistants/settingFacts';
import { SettingResult } from '../../shared/assistants/toolResults';
import type { AssistantTool } from './assistantTool';

export const tool: AssistantTool<'adept_explain_setting'> = {
  result: SettingResult,
  doing: ({ setting }) => vscode.l10n.t('Looking up the setting {0}', setting),
  answer: (_services, { setting }) => settingFacts(setting),
};
