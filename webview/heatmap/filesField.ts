import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { needsFiles, type FormFiles } from '../../src/shared/launch/launchForm';
import type { KnownText } from '../../src/shared/webview/heatmap';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { formField } from './formField';
import { filesHelp, termOf } from './help';
import { bytesText, countText, fileLabel } from './texts';

const MOST_LINES = 6;

export interface FilesFacts {
  readonly field: FormFiles;
  /** One file, folder or glob a line. */
  readonly value: string;
  readonly problem: string | undefined;
  /** What is known of the text; undefined as long as nothing is. */
  readonly known: KnownText | undefined;
  /** Whether the text can be shown as the model gets it. */
  readonly canPreview: boolean;
  readonly edit: (event: Event) => void;
  readonly pick: () => void;
  readonly preview: () => void;
}

/** A list of files that are one text, with what helps to choose them. */
export function filesField(facts: FilesFacts): TemplateResult {
  const { field, value, problem, known, canPreview } = facts;
  const label = fileLabel(field);
  const help = filesHelp(field);
  return formField(
    { field, label, help, optional: !needsFiles(field), problem, term: termOf(field), note: noteOf(known) },
    ({ id, invalid, describedBy }) =>
      html`<span class="with-button">
        <textarea
          id=${id}
          rows=${Math.min(MOST_LINES, value.split('\n').length)}
          wrap="off"
          autocomplete="off"
          spellcheck="false"
          ?required=${needsFiles(field)}
          aria-invalid=${invalid}
          aria-describedby=${describedBy}
          .value=${live(value)}
          @input=${facts.edit}
        ></textarea>
        <span class="buttons">
          ${pushButton({
            text: html`${l10n.t('Browse…')}<span class="visually-hidden"> (${label})</span>`,
            act: facts.pick,
          })}
          ${
            value.trim() === ''
              ? nothing
              : pushButton({
                  text: html`${l10n.t('Preview')}<span class="visually-hidden"> (${label})</span>`,
                  disabled: !canPreview,
                  act: facts.preview,
                })
          }
        </span>
      </span>`,
  );
}

/** Its size on the disk and, once it was tokenised, its tokens. */
function noteOf(known: KnownText | undefined): string {
  if (known === undefined) {
    return '';
  }
  const bytes = bytesText(known.bytes);
  return known.tokens === null ? bytes : l10n.t('{0}, {1} tokens', bytes, countText(known.tokens));
}
