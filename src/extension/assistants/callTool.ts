import * as v from 'valibot';
import * as vscode from 'vscode';
import { shortText } from '../../shared/assistants/shortened';
import { messageOf } from '../../shared/common/errors';
import { parseWith } from '../../shared/common/parse';
import { ASSISTANT_TOOLS, type AssistantToolName } from '../../shared/contributions/assistantTools';
import type { Services } from '../services/services';
import { requireTrust } from '../window/trust';
import type { ToolInput } from './assistantTool';
import { TOOL_TABLE } from './table';

const LONGEST_LOG = 500;

/** What the person reads while the tool works; VS Code's own words where the input is none. */
export async function describeCall<N extends AssistantToolName>(
  name: N,
  input: unknown,
): Promise<vscode.PreparedToolInvocation> {
  const { tool } = await TOOL_TABLE[name]();
  const parsed = v.safeParse(inputSchema(name), input);
  // No confirmationMessages, also of the tools that act: confirmAction says why.
  return parsed.success ? { invocationMessage: tool.doing(parsed.output) } : {};
}

/**
 * Answers a call: JSON by the tool's schema, in one part of text.
 * @throws vscode.CancellationError; an error whose message is for the language model, which VS Code gives to it
 */
export async function callTool<N extends AssistantToolName>(
  services: Services,
  name: N,
  given: unknown,
  token: vscode.CancellationToken,
): Promise<vscode.LanguageModelToolResult> {
  const { title, needsTrust } = ASSISTANT_TOOLS[name];
  services.log.info(
    `${name} is called by an assistant: ${shortText(String(JSON.stringify(given)), LONGEST_LOG)}`,
  );
  try {
    // A tool that is not offered can still be called by name.
    if (needsTrust) {
      requireTrust(title);
    }
    const { tool } = await TOOL_TABLE[name]();
    // VS Code does not hold what it is given against the schema; language models are not bound by it.
    const input = parseWith(inputSchema(name), given, name);
    const answer = await tool.answer(services, input, token);
    if (token.isCancellationRequested) {
      throw new vscode.CancellationError();
    }
    const text = JSON.stringify(v.parse(tool.result, answer));
    return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
  } catch (error) {
    services.log.warn(`${name}: ${messageOf(error)}`);
    throw error;
  }
}

function inputSchema<N extends AssistantToolName>(name: N): v.GenericSchema<unknown, ToolInput<N>> {
  // The table's entry has this schema; TypeScript does not relate a table's entry to its key.
  return ASSISTANT_TOOLS[name].input as unknown as v.GenericSchema<unknown, ToolInput<N>>;
}
