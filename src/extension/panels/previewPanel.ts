import * as vscode from 'vscode';
import { messageOf } from '../../shared/common/errors';
import type { TextPreview } from '../../shared/texts/textPreview';
import { FromPreview, PreviewSource, ToPreview } from '../../shared/webview/preview';
import type { Services } from '../services/services';
import { readPreview } from '../texts/previewJob';
import { textName } from '../texts/textName';
import { VIEW_TYPES } from '../window/viewTypes';
import type { WebviewContent, WebviewHost } from '../webviews/webviewHost';
import { openPanel, type PanelKind } from './panel';

const panels = new Map<string, PreviewPanel>();

/** The panel of a preview: shows what was read, and reads again when asked. */
export class PreviewPanel implements WebviewContent<FromPreview> {
  private preview: TextPreview | undefined;
  private reading: { readonly framing: boolean } | undefined;
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly host: WebviewHost<typeof ToPreview, typeof FromPreview>,
    private readonly source: PreviewSource,
    private readonly services: Services,
  ) {
    panels.set(keyOf(source), this);
    this.subscription = vscode.workspace.onDidGrantWorkspaceTrust(() => void this.ready());
  }

  async show(preview: TextPreview): Promise<void> {
    this.preview = preview;
    await this.ready();
  }

  async ready(): Promise<void> {
    const { source, preview, reading } = this;
    const trusted = vscode.workspace.isTrusted;
    await this.host.post(
      preview === undefined
        ? { type: 'nothing', source, trusted }
        : { type: 'show', source, preview, trusted },
    );
    if (reading !== undefined) {
      await this.host.post({ type: 'reading', ...reading });
    }
  }

  /** The page asks for one thing alone: what goes wrong is said in it. */
  async receive({ framing }: FromPreview): Promise<void> {
    if (this.reading !== undefined) {
      return;
    }
    this.reading = { framing };
    await this.host.post({ type: 'reading', framing });
    try {
      const preview = await readPreview(this.services, this.source, framing);
      this.reading = undefined;
      await this.show(preview);
    } catch (error) {
      this.reading = undefined;
      const cancelled = error instanceof vscode.CancellationError;
      if (!cancelled) {
        this.services.log.error(messageOf(error));
      }
      await this.host.post({ type: 'stopped', problem: cancelled ? null : messageOf(error) });
    }
  }

  dispose(): void {
    this.subscription.dispose();
    if (panels.get(keyOf(this.source)) === this) {
      panels.delete(keyOf(this.source));
    }
  }
}

function keyOf(source: PreviewSource): string {
  return JSON.stringify(source);
}

export const PREVIEW_PANEL: PanelKind<typeof ToPreview, typeof FromPreview, typeof PreviewSource> = {
  name: 'preview',
  viewType: VIEW_TYPES.preview,
  to: ToPreview,
  from: FromPreview,
  source: PreviewSource,
  title: ({ files }) => vscode.l10n.t('Text: {0}', textName(files)),
  connect: (host, source, services) => new PreviewPanel(host, source, services),
};

/** Shows what was read of a text, in the panel that shows it already or in a new one. */
export async function showPreview(
  services: Services,
  source: PreviewSource,
  preview: TextPreview,
): Promise<void> {
  openPanel(PREVIEW_PANEL, source, services);
  await panels.get(keyOf(source))?.show(preview);
}
