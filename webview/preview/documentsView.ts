import { html, nothing, type TemplateResult } from 'lit';
import type { PreviewDocument, PreviewPart, TextPreview } from '../../src/shared/texts/textPreview';
import { l10n } from '../common/l10n';
import { countText } from '../common/quantities';

/** The first documents of a text, one below the other. */
export function documentsView({ samples }: TextPreview, ids: boolean): TemplateResult {
  return html`<section class="documents" aria-labelledby="documents-heading">
    <h2 id="documents-heading">
      ${
        samples.length === 1
          ? l10n.t('The first document')
          : l10n.t('The first {0} documents', countText(samples.length))
      }
    </h2>
    ${samples.length === 0 ? html`<p>${l10n.t('There is none.')}</p>` : legend()}
    ${samples.map((document, index) => documentView(document, index + 1, ids))}
  </section>`;
}

function legend(): TemplateResult {
  return html`<p class="muted legend">
    <span class="token start">${l10n.t('start of a document')}</span>
    <span class="token end">${l10n.t('its end')}</span>
    <span class="token special">${l10n.t('special token in the text')}</span>
  </p>`;
}

function documentView(document: PreviewDocument, number: number, ids: boolean): TemplateResult {
  const heading = `document-${number}`;
  return html`<article aria-labelledby=${heading}>
    <h3 id=${heading}>
      ${l10n.t('Document {0}', number)}
      <span class="muted">${l10n.t('{0} tokens', countText(document.tokens))}</span>
    </h3>
    <div class="text">${document.parts.map(partView)}</div>
    ${ids ? idsView(document) : nothing}
  </article>`;
}

/** Told apart by a frame and a mark, and by a word to those who listen. */
function partView({ kind, text }: PreviewPart): TemplateResult {
  switch (kind) {
    case 'text':
      return html`<span>${text}</span>`;
    case 'start':
      return tokenView('start', l10n.t('start of the document'), text);
    case 'end':
      return tokenView('end', l10n.t('end of the document'), text);
    case 'special':
      return tokenView('special', l10n.t('special token'), text);
    case 'border': {
      const label = l10n.t('sequence {0}', countText(Number(text)));
      return html`<div role="separator" class="border" aria-label=${label}><span>${label}</span></div>`;
    }
    case 'left out':
      return html`<p class="gap muted">${l10n.t('… {0} tokens left out …', countText(Number(text)))}</p>`;
  }
}

function tokenView(kind: string, spoken: string, text: string): TemplateResult {
  return html`<span class="token ${kind}"
    ><span class="visually-hidden">${spoken} </span>${visibleToken(text)}</span
  >`;
}

/** A token may be white space alone. */
export function visibleToken(text: string): string {
  return text
    .replaceAll('\n', '⏎')
    .replaceAll('\t', '⇥')
    .replace(/^ +$/, (spaces) => '␣'.repeat(spaces.length));
}

function idsView({ ids, tokens }: PreviewDocument): TemplateResult {
  const more = tokens - ids.length;
  return html`<p class="ids">
    <span class="muted">${l10n.t('IDs')}</span> ${ids.join(' ')}
    ${more > 0 ? html`<span class="muted">${l10n.t('and {0} more', countText(more))}</span>` : nothing}
  </p>`;
}
