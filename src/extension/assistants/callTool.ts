import * as v from 'valibot';
import * as vscode from 'vscode';
import { shortText } from '../../shared/assistants/shortened';
import { messageOf } from '../../shared/common/errors';
import { parseWith } from '../../shared/common/parse';
import { ASSISTANT_TOOLS, type AssistantToolName } from '../../shared/contributions/assistantTools';
import type { Services } from '../services/services';
import { requireTrust } from '../window/trust';
import type { AssistantTool } from './assistantTool';
import { TOOL_TABLE } from './table';

const LONGEST_LOG = 500;

/** What the person reads while the tool works; VS Code's own words where the input is none. */
export async function describeCall(
  name: AssistantToolName,
  given: unknown,
): Promise<vscode.PreparedToolInvocation> {
  const tool = await load(name);
  const parsed = v.safeParse(ASSISTANT_TOOLS[name].input, given);
  // No confirmationMessages, also of the tools that act: confirmAction says why.
  return parsed.success ? { invocationMessage: tool.doing(parsed.output) } : {};
}

/**
 * Answers a call: JSON by the tool's schema, in one part of text.
 * @throws vscode.CancellationError; an error whose message is for the language model, which VS Code gives to it
 */
export async function callTool(
  services: Services,
  name: AssistantToolName,
  given: unknown,
  token: vscode.CancellationToken,
): Promise<vscode.LanguageModelToolResult> {
  const { input: schema, title, needsTrust } = ASSISTANT_TOOLS[name];
  try {
    // A tool that is not offered can still be called by name.
    if (needsTrust) {
      requireTrust(title);
    }
    const tool = await load(name);
    // VS Code does not hold what it is given against the schema; language models are not bound by it.
    const input = parseWith(schema, given, name);
    services.log.info(`${name}: an assistant asks with ${shortText(JSON.stringify(input), LONGEST_LOG)}`);
    const answer = await tool.answer(services, input, token);
    if (token.isCancellationRequested) {
      throw new vscode.CancellationError();
    }
    const text = JSON.stringify(v.parse(tool.result, answer));
    return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
  } catch (error) {
    if (!(error instanceof vscode.CancellationError)) {
      services.log.warn(`${name}: ${messageOf(error)}`);
    }
    throw error;
  }
}

/** A tool, whichever it is: it gets what the schema of the same name parsed. */
async function load(name: AssistantToolName): Promise<AssistantTool<AssistantToolName>> {
  const { tool } = await TOOL_TABLE[name]();
  return tool;
}
