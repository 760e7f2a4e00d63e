import type { Frame } from 'playwright-core';
import type { Editor } from './editor';

/**
 * Opens a weight file as the list of its tensors.
 * @param path what is typed to find it, and stands in the row that is chosen
 */
export async function openWeights(editor: Editor, path: string): Promise<Frame> {
  await editor.openFile(path);
  return editor.webview('safetensors');
}
