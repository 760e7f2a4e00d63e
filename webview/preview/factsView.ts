import { html, nothing, svg, type TemplateResult } from 'lit';
import { SKIP_REASONS, type SkipReason } from '../../src/shared/texts/storedText';
import type { FramingTrial, TextPreview } from '../../src/shared/texts/textPreview';
import { l10n } from '../common/l10n';
import { countText } from '../common/quantities';
import { visibleToken } from './documentsView';

/** Of a text of many files, so many are named. */
const MOST_SOURCES = 8;

/** What a person has to know before the numbers. */
export function noticesView(preview: TextPreview): TemplateResult[] {
  const { documents, documentStart, startTwice, plainChats, framing } = preview;
  return [
    ...(startTwice === 0
      ? []
      : [
          l10n.t(
            '{0} of {1} documents already begin with {2} and get it twice: remove it from the text, or choose “none” as document start.',
            countText(startTwice),
            countText(documents),
            documentStart ?? '',
          ),
        ]),
    ...(plainChats === 0
      ? []
      : [l10n.t('{0} conversations are written out without a template.', countText(plainChats))]),
    ...(framing === null ? [] : betterFraming(framing)),
  ].map(
    (text) =>
      html`<div class="notice">
        <span class="codicon codicon-warning" aria-hidden="true"></span>
        <p>${text}</p>
      </div>`,
  );
}

function betterFraming({ framings: [best], otherIsBetter }: FramingTrial): string[] {
  return best === undefined || !otherIsBetter
    ? []
    : [
        l10n.t(
          'The model predicts documents better with {0} before and {1} after each.',
          tokenText(best.documentStart),
          tokenText(best.documentEnd),
        ),
      ];
}

/** The counts, and what is put around documents. */
export function factsView(preview: TextPreview): TemplateResult {
  const { sources, documents, tokens, sequences, seqLen, tokensPerByte } = preview;
  const facts: [string, unknown][] = [
    [sources.length === 1 ? l10n.t('File') : l10n.t('Files'), sourcesView(sources)],
    [l10n.t('Documents'), countText(documents)],
    [l10n.t('Tokens'), countText(tokens)],
    [l10n.t('Sequences'), l10n.t('{0} of {1} tokens', countText(sequences), countText(seqLen))],
    ...(tokensPerByte === null
      ? []
      : [[l10n.t('Tokens per byte'), tokensPerByte.toFixed(3)] satisfies [string, string]]),
    [l10n.t('Rows skipped'), skippedText(preview)],
    ...frameFacts(preview),
  ];
  return html`<section aria-labelledby="facts-heading">
    <h2 id="facts-heading">${l10n.t('The text')}</h2>
    <p class="muted">
      ${
        preview.whole
          ? l10n.t('Counts are those of the whole text.')
          : l10n.t('Counts are those of the first part of the text, as far as it was read.')
      }
    </p>
    <dl>
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

function sourcesView(sources: readonly string[]): TemplateResult {
  const more = sources.length - MOST_SOURCES;
  return html`${sources.slice(0, MOST_SOURCES).map((source) => html`<span class="path">${source}</span>`)}
  ${more > 0 ? html`<span>${l10n.t('and {0} more', countText(more))}</span>` : nothing}`;
}

function skippedText({ skipped, skippedBy }: TextPreview): string {
  const reasons = SKIP_REASONS.filter((reason) => skippedBy[reason] > 0).map((reason) =>
    reasonText(reason, countText(skippedBy[reason])),
  );
  return skipped === 0 ? l10n.t('none') : `${countText(skipped)}: ${reasons.join(', ')}`;
}

function reasonText(reason: SkipReason, count: string): string {
  switch (reason) {
    case 'null':
      return l10n.t('{0} without text', count);
    case 'empty':
      return l10n.t('{0} empty', count);
    case 'short':
      return l10n.t('{0} shorter than two tokens', count);
    case 'duplicate':
      return l10n.t('{0} duplicates', count);
    case 'unreadable':
      return l10n.t('{0} not readable', count);
  }
}

function frameFacts({ documentStart, documentEnd, insteadOf }: TextPreview): [string, unknown][] {
  if (documentStart === null || documentEnd === null) {
    return [[l10n.t('Tokenised'), l10n.t('beforehand: each row of IDs is a sequence')]];
  }
  return [
    [l10n.t('Document start'), tokenView(documentStart)],
    [
      l10n.t('Document end'),
      html`${tokenView(documentEnd)}
      ${
        insteadOf === null
          ? nothing
          : html`<span class="muted">${l10n.t('not {0}, which ends a turn of a chat', insteadOf)}</span>`
      }`,
    ],
  ];
}

/** `none` and nothing are both no token. */
function tokenText(token: string): string {
  return token === '' || token === 'none' ? l10n.t('no token') : visibleToken(token);
}

function tokenView(token: string): TemplateResult {
  return token === '' || token === 'none'
    ? html`<span>${l10n.t('none')}</span>`
    : html`<code class="token">${visibleToken(token)}</code>`;
}

/** How long documents are: a sentence, and a table with a bar for each range. */
export function lengthsView({ lengths, documents }: TextPreview): TemplateResult {
  const { percentiles, histogram } = lengths;
  const at = (percent: number): string => countText(percentiles[String(percent)] ?? 0);
  const most = Math.max(1, ...histogram.map((range) => range.documents));
  return html`<section aria-labelledby="lengths-heading">
    <h2 id="lengths-heading">${l10n.t('Length of documents')}</h2>
    <p>
      ${l10n.t(
        'Tokens per document: minimum {0}, median {1}, 90th percentile {2}, maximum {3}.',
        at(0),
        at(50),
        at(90),
        at(100),
      )}
    </p>
    ${
      documents === 0
        ? nothing
        : html`<table class="numbers lengths">
            <thead>
              <tr>
                <th scope="col">${l10n.t('tokens up to')}</th>
                <th scope="col">${l10n.t('documents')}</th>
                <td></td>
              </tr>
            </thead>
            <tbody>
              ${histogram.map(
                (range) =>
                  html`<tr>
                    <th scope="row">${countText(range.upTo)}</th>
                    <td>${countText(range.documents)}</td>
                    <td class="bar">${bar(range.documents / most)}</td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }
  </section>`;
}

/** The numbers stand beside it. */
function bar(share: number): TemplateResult {
  return html`<svg aria-hidden="true" viewBox="0 0 100 10" preserveAspectRatio="none">
    ${svg`<rect width=${Math.max(1, share * 100)} height="10"></rect>`}
  </svg>`;
}

/** How well the model predicts documents with other tokens around them, where that was measured. */
export function framingView({ framing }: TextPreview): TemplateResult | typeof nothing {
  if (framing === null) {
    return nothing;
  }
  return html`<section aria-labelledby="framing-heading">
    <h2 id="framing-heading">${l10n.t('Framing')}</h2>
    <p>
      ${l10n.t(
        'How well the model predicts the beginnings of {0} documents with these tokens between them; a lower loss is better.',
        countText(framing.documents),
      )}
    </p>
    <div class="table-scroll" tabindex="0" role="region" aria-label=${l10n.t('Framing in numbers')}>
      <table class="numbers framing">
        <thead>
          <tr>
            ${[l10n.t('end'), l10n.t('start'), l10n.t('loss, nats'), l10n.t('used')].map(
              (heading) => html`<th scope="col">${heading}</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${framing.framings.map(
            ({ documentStart, documentEnd, loss, chosen }) =>
              html`<tr>
                <td>${tokenView(documentEnd)}</td>
                <td>${tokenView(documentStart)}</td>
                <td>${loss.toFixed(3)}</td>
                <td>${chosen ? l10n.t('yes') : l10n.t('no')}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}
