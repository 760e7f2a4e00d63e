import * as vscode from 'vscode';
import type { AssistantToolName } from '../../shared/contributions/assistantTools';
import type { Services } from '../services/services';
import { TOOL_TABLE } from './table';

/** Registers the tools of the editor's assistants; editors that are built on VS Code may have no place for them. */
export function registerAssistantTools(services: Services): vscode.Disposable[] {
  const api: { readonly lm?: Partial<typeof vscode.lm> } = vscode;
  const register = api.lm?.registerTool;
  return register === undefined
    ? []
    : toolNames().map((name) =>
        register(name, {
          prepareInvocation: async ({ input }) => {
            const { describeCall } = await import('./callTool');
            return describeCall(name, input);
          },
          invoke: async ({ input }, token) => {
            const { callTool } = await import('./callTool');
            return callTool(services, name, input, token);
          },
        } satisfies vscode.LanguageModelTool<unknown>),
      );
}

function toolNames(): readonly AssistantToolName[] {
  // Object.keys forgets what the keys are.
  return Object.keys(TOOL_TABLE) as AssistantToolName[];
}
