import { html, nothing, type TemplateResult } from 'lit';
import type { FormField } from '../../src/shared/launch/launchForm';
import type { Term } from '../../src/shared/glossary/glossary';
import { l10n } from '../common/l10n';
import { termHint } from '../common/termHint';

export interface FieldFacts {
  readonly field: FormField;
  readonly label: string;
  /** What it is for, and its default. */
  readonly help: string;
  /** Whether it says that it may be left empty; what has a default need not. */
  readonly optional: boolean;
  /** What to put right, when that is to be shown. */
  readonly problem: string | undefined;
  /** The word in its label that a newcomer may not know. */
  readonly term?: Term | undefined;
  /** What is known of its value; empty where nothing is. */
  readonly note?: string;
}

/** What ties a control to its label, help and problem. */
export interface ControlAttributes {
  readonly id: string;
  readonly invalid: 'true' | 'false';
  readonly describedBy: string;
}

/** A control with its label above, and below it what is wrong and what it is for. */
export function formField(
  { field, label, help, optional, problem, term, note = '' }: FieldFacts,
  control: (attributes: ControlAttributes) => TemplateResult,
): TemplateResult {
  const id = `field-${field}`;
  const [helpId, problemId, noteId] = [`${id}-help`, `${id}-problem`, `${id}-note`];
  return html`<div class="field">
    <label for=${id}
      >${label}${optional ? html` <span class="muted">${l10n.t('(optional)')}</span>` : nothing}</label
    >
    ${control({
      id,
      invalid: problem === undefined ? 'false' : 'true',
      describedBy: [
        ...(problem === undefined ? [] : [problemId]),
        ...(note === '' ? [] : [noteId]),
        helpId,
      ].join(' '),
    })}
    ${problem === undefined ? nothing : html`<span id=${problemId} class="error problem">${problem}</span>`}
    ${note === '' ? nothing : html`<span id=${noteId} class="note-of-field">${note}</span>`}
    <span id=${helpId} class="muted help">${help}</span>
    ${term === undefined ? nothing : termHint(term)}
  </div>`;
}

/** What stands in the control that an event comes from. */
export function valueOf({ target }: Event): string {
  const isControl =
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement;
  return isControl ? target.value : '';
}
