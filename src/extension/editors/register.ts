import * as vscode from 'vscode';
import type { Services } from '../services';
import { SAFETENSORS_EDITOR, SafetensorsEditorProvider } from './safetensorsEditor';

/** The read-only editor of weight files, which people choose by "Open With…". */
export function registerEditors(services: Services): vscode.Disposable[] {
  return [
    vscode.window.registerCustomEditorProvider(SAFETENSORS_EDITOR, new SafetensorsEditorProvider(services), {
      supportsMultipleEditorsPerDocument: true,
    }),
  ];
}
