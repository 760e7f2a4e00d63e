import type { Frame } from 'playwright-core';
import type { Editor } from './editor';

/**
 * Opens a weight file as the list of its tensors, from the editor people choose.
 * @param path what is typed to find it, and stands in the row that is chosen
 */
export async function openWeights(editor: Editor, path: string): Promise<Frame> {
  const { page } = editor;
  await editor.openFile(path);
  await editor.evidently('the refusal to show bytes as text', () =>
    page.getByText('The file is not displayed in the text editor').waitFor(),
  );
  await editor.pick('View: Reopen Editor With...', 'Safetensors: Tensors and Metadata');
  return editor.webview('safetensors');
}
