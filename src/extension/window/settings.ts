import * as v from 'valibot';
import * as vscode from 'vscode';
import {
  EXTENSION_SETTINGS,
  type ExtensionSetting,
  type ExtensionSettingValue,
} from '../../shared/contributions/extensionSettings';

/**
 * A setting's value for a resource (a workspace folder, when several are open). A value that its schema does not allow
 * counts as the default and is logged.
 */
export function readSetting<K extends ExtensionSetting>(
  name: K,
  log: vscode.LogOutputChannel,
  scope?: vscode.Uri,
): ExtensionSettingValue<K> {
  const { schema, default: fallback } = EXTENSION_SETTINGS[name];
  const parsed = v.safeParse(schema, vscode.workspace.getConfiguration(undefined, scope).get(name));
  if (!parsed.success) {
    log.warn(`The setting ${name} is not usable (${parsed.issues[0].message}): its default is used instead.`);
  }
  // The schema and the default are those of K; TypeScript does not relate a table's entry to its key.
  return (parsed.success ? parsed.output : fallback) as ExtensionSettingValue<K>;
}
