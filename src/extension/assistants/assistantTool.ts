import type * as v from 'valibot';
import type * as vscode from 'vscode';
import type { ASSISTANT_TOOLS, AssistantToolName } from '../../shared/contributions/assistantTools';
import type { Services } from '../services/services';

/** What a tool is given, parsed by its schema in the table. */
export type ToolInput<N extends AssistantToolName> = v.InferOutput<(typeof ASSISTANT_TOOLS)[N]['input']>;

/** A tool as its own file has it. */
export interface AssistantTool<N extends AssistantToolName> {
  /** What it answers, and nothing beside that. */
  readonly result: v.GenericSchema;
  /** What the person reads while it works. */
  doing(input: ToolInput<N>): string;
  /** @throws AdeptError in a sentence from which the language model can correct itself; vscode.CancellationError */
  answer(services: Services, input: ToolInput<N>, token: vscode.CancellationToken): unknown;
}
