import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { modelName } from '../../src/shared/model/modelName';
import type { TextPreview } from '../../src/shared/texts/textPreview';
import { FromPreview, PreviewView, ToPreview, type PreviewSource } from '../../src/shared/webview/preview';
import { connectHost } from '../common/host';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { documentsView } from './documentsView';
import { factsView, framingView, lengthsView, noticesView } from './factsView';

type Reading = 'not' | 'text' | 'framing';

/** The page of a preview: what a model gets to see of a text, in numbers and document by document. */
export class PreviewApp extends LitElement {
  private readonly host = connectHost({ to: ToPreview, from: FromPreview, view: PreviewView });
  private source: PreviewSource | undefined;
  private preview: TextPreview | undefined;
  private trusted = false;
  private reading: Reading = 'not';
  private problem = '';

  /** In the page itself, so that the page's styles hold. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.host.listen((message) => {
      this.receive(message);
      this.requestUpdate();
    });
  }

  protected override render(): TemplateResult {
    const { source, preview } = this;
    if (source === undefined) {
      return html`<main aria-busy="true"><p class="muted">${l10n.t('Reading…')}</p></main>`;
    }
    return html`<main aria-busy=${this.reading === 'not' ? 'false' : 'true'}>
      <h1>${l10n.t('{0} as {1} gets it', titleOf(source), modelName(source.model))}</h1>
      ${this.toolbar()}
      <p role="status" class="muted status">${this.status()}</p>
      ${this.problem === '' ? nothing : html`<div class="notice error" role="alert"><p>${this.problem}</p></div>`}
      ${preview === undefined ? nothing : content(preview, this.idsShown)}
    </main>`;
  }

  private get idsShown(): boolean {
    return this.host.view?.ids ?? false;
  }

  private get canRead(): boolean {
    return this.trusted && this.reading === 'not';
  }

  private toolbar(): TemplateResult {
    return html`<div class="toolbar">
      ${this.readButton(l10n.t('Preview Again'), false)}
      ${
        this.preview === undefined || this.preview.documentStart === null
          ? nothing
          : this.readButton(l10n.t('Measure Framing'), true)
      }
      ${pushButton({
        text: l10n.t('Token IDs'),
        pressed: this.idsShown,
        act: () => {
          this.host.setView({ ids: !this.idsShown });
          this.requestUpdate();
        },
      })}
    </div>`;
  }

  private readButton(text: string, framing: boolean): TemplateResult {
    return pushButton({
      text: text,
      disabled: !this.canRead,
      act: () => {
        this.host.post({ type: 'read', framing });
      },
    });
  }

  private status(): string {
    if (!this.trusted) {
      return l10n.t('This workspace is not trusted: the text cannot be read again.');
    }
    switch (this.reading) {
      case 'text':
        return l10n.t('Reading…');
      case 'framing':
        return l10n.t('Measuring which tokens around documents the model predicts best…');
      case 'not':
        return this.preview === undefined && this.problem === ''
          ? l10n.t('The text has not been read yet.')
          : '';
    }
  }

  private receive(message: ToPreview): void {
    switch (message.type) {
      case 'show':
        this.source = message.source;
        this.preview = message.preview;
        this.trusted = message.trusted;
        this.reading = 'not';
        this.problem = '';
        break;
      case 'nothing':
        this.source = message.source;
        this.trusted = message.trusted;
        break;
      case 'reading':
        this.reading = message.framing ? 'framing' : 'text';
        this.problem = '';
        break;
      case 'stopped':
        this.reading = 'not';
        this.problem = message.problem ?? '';
        break;
    }
  }
}

function content(preview: TextPreview, ids: boolean): TemplateResult {
  return html`${noticesView(preview)}
    <div class="panes">
      <div class="side">${factsView(preview)} ${lengthsView(preview)} ${framingView(preview)}</div>
      ${documentsView(preview, ids)}
    </div>`;
}

/** The name of a text: that of its first file, and how many more there are. */
function titleOf({ files }: PreviewSource): string {
  const first = (files[0] ?? '').replace(/[\\/]+$/, '').replace(/^.*[\\/]/, '');
  return files.length === 1 ? first : l10n.t('{0} and {1} more', first, files.length - 1);
}
