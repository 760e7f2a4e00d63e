import * as vscode from 'vscode';
import type { Services } from '../services/services';
import { VIEW_TYPES } from '../window/viewTypes';

/** Opens weight files; also in Restricted Mode, since nothing is run. The editor itself is loaded with the first file. */
class SafetensorsEditorProvider implements vscode.CustomReadonlyEditorProvider {
  constructor(private readonly services: Services) {}

  openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
    return { uri, dispose: () => undefined };
  }

  async resolveCustomEditor({ uri }: vscode.CustomDocument, panel: vscode.WebviewPanel): Promise<void> {
    const { showSafetensors } = await import('./safetensorsEditor');
    showSafetensors(uri, panel, this.services);
  }
}

/** The read-only editor of weight files, which people choose by "Open With…". */
export function registerEditors(services: Services): vscode.Disposable[] {
  return [
    vscode.window.registerCustomEditorProvider(
      VIEW_TYPES.safetensors,
      new SafetensorsEditorProvider(services),
      {
        supportsMultipleEditorsPerDocument: true,
      },
    ),
  ];
}
