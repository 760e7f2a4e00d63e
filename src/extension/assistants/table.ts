import type { AssistantToolName } from '../../shared/contributions/assistantTools';
import type { AssistantTool } from './assistantTool';

/** What each tool does; loaded when it is first called, so that activation loads none of it. */
export const TOOL_TABLE: {
  readonly [N in AssistantToolName]: () => Promise<{ readonly tool: AssistantTool<N> }>;
} = {
  adept_get_importance: () => import('./getImportance'),
  adept_get_runs: () => import('./getRuns'),
  adept_compare: () => import('./compare'),
  adept_explain_setting: () => import('./explainSetting'),
  adept_propose_config: () => import('./proposeConfig'),
  adept_start_run: () => import('./startRun'),
  adept_stop_run: () => import('./stopRun'),
  adept_export_checkpoint: () => import('./exportCheckpoint'),
};
