import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import {
  FORM_FILES,
  isRequired,
  MAIN_SETTINGS,
  needsFiles,
  RATE_SETTINGS,
  withField,
  type FormField,
  type FormFiles,
  type FormSetting,
  type LaunchForm,
} from '../../src/shared/launch/launchForm';
import type { RatePreview } from '../../src/shared/launch/ratePreview';
import { RunConfig } from '../../src/shared/runConfig';
import { TUNE_SETTINGS, type Setting } from '../../src/shared/settings';
import { l10n } from '../common/l10n';
import { descriptionOf } from './descriptions';
import { formField, valueOf } from './formField';
import { rateView } from './rateView';
import { fileLabel, settingLabel } from './texts';

/** What would run: the sentence, where the file goes and what stands in it; or why there is nothing to show yet. */
export type LaunchPreview =
  | { readonly ready: true; readonly sentence: string; readonly file: string; readonly text: string }
  | { readonly ready: false; readonly reason: string };

/** How the last launch went. */
export type LaunchState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'launched'; readonly file: string }
  | { readonly kind: 'failed'; readonly problem: string };

export interface LaunchFormEvents {
  /** The form as it is typed now, and the field that changed. */
  edit: CustomEvent<{ readonly form: LaunchForm; readonly field: FormField }>;
  pick: CustomEvent<FormFiles>;
  launch: CustomEvent<undefined>;
}

/** The keys of a *.adept.json that the lists of files become. */
const FILE_KEYS: Readonly<Record<FormFiles, readonly string[]>> = {
  domain: ['domain'],
  replay: ['replay'],
  evalDomain: ['eval', 'domain'],
  evalGeneral: ['eval', 'general'],
  probe: ['probe'],
};

const MOST_LINES = 6;

/** The launch form. Its fields, their bounds, defaults and help follow from the tables of settings. */
export class LaunchFormView extends LitElement {
  static override properties = {
    form: { attribute: false },
    problems: { attribute: false },
    preview: { attribute: false },
    rates: { attribute: false },
    state: { attribute: false },
    blocked: { attribute: false },
  };

  declare form: LaunchForm;
  /** Of the fields whose problem is to be shown. */
  declare problems: ReadonlyMap<FormField, string>;
  declare preview: LaunchPreview;
  declare rates: RatePreview;
  declare state: LaunchState;
  /** Why nothing can be launched here at all; undefined where it can. */
  declare blocked: string | undefined;

  /** In the page itself: its styles, and ids that descriptions can refer to. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Puts the focus on the first field whose problem is shown. */
  focusProblem(): void {
    const field = this.querySelector<HTMLElement>('[aria-invalid="true"]');
    field?.closest('details')?.setAttribute('open', '');
    field?.focus();
  }

  focusFirst(): void {
    this.querySelector<HTMLElement>('input')?.focus();
  }

  private get canLaunch(): boolean {
    return this.blocked === undefined && this.state.kind !== 'starting';
  }

  protected override render(): TemplateResult {
    const name = {
      field: 'name',
      label: l10n.t('Name of the run'),
      help: l10n.t('names the file and the run folder'),
      optional: false,
    } as const;
    return html`<form novalidate @submit=${this.onSubmit} aria-labelledby="launch-heading">
      <h2 id="launch-heading">${l10n.t('Tune the copies')}</h2>
      ${this.textField(name, this.form.name, true)} ${FORM_FILES.map((field) => this.filesField(field))}
      <div class="settings">${MAIN_SETTINGS.map((field) => this.settingField(field))}</div>
      <details class="rate-settings">
        <summary>${l10n.t('Learning rates of the units')}</summary>
        <div class="settings">${RATE_SETTINGS.map((field) => this.settingField(field))}</div>
        ${rateView(this.rates)}
      </details>
      ${previewView(this.preview)}
      <p class="actions">
        <button
          type="submit"
          class="primary"
          aria-disabled=${this.canLaunch ? 'false' : 'true'}
          aria-describedby="launch-outcome"
        >
          ${l10n.t('Start tuning')}
        </button>
      </p>
      <p id="launch-outcome" role="status" class=${this.state.kind === 'failed' ? 'error' : ''}>
        ${this.blocked ?? outcomeText(this.state)}
      </p>
    </form>`;
  }

  private textField(
    facts: { field: 'name' | FormSetting; label: string; help: string; optional: boolean },
    value: string,
    required: boolean,
  ): TemplateResult {
    const { field } = facts;
    return formField(
      { ...facts, problem: this.problems.get(field) },
      ({ id, invalid, describedBy }) =>
        html`<input
          id=${id}
          type="text"
          inputmode=${field === 'name' ? 'text' : 'decimal'}
          class=${field === 'name' ? nothing : 'numeric'}
          autocomplete="off"
          spellcheck="false"
          ?required=${required}
          aria-invalid=${invalid}
          aria-describedby=${describedBy}
          .value=${live(value)}
          @input=${this.editing(field)}
        />`,
    );
  }

  private settingField(field: FormSetting): TemplateResult {
    const setting: Setting = TUNE_SETTINGS[field];
    const value = this.form.settings[field];
    const required = isRequired(setting);
    const facts = {
      field,
      label: settingLabel(field),
      help: helpOf(setting),
      optional: setting.default === undefined && !required,
    };
    if (setting.kind !== 'choice') {
      return this.textField(facts, value, required);
    }
    return formField(
      { ...facts, problem: this.problems.get(field) },
      ({ id, invalid, describedBy }) =>
        html`<select
          id=${id}
          aria-invalid=${invalid}
          aria-describedby=${describedBy}
          @change=${this.editing(field)}
        >
          ${setting.choices.map(
            (choice) => html`<option value=${choice} ?selected=${choice === value}>${choice}</option>`,
          )}
        </select>`,
    );
  }

  private filesField(field: FormFiles): TemplateResult {
    const [label, value] = [fileLabel(field), this.form.files[field]];
    const about = descriptionOf(RunConfig, FILE_KEYS[field]);
    const help = l10n.t('{0}; one file a line, * stands for any part of a name', about);
    return formField(
      { field, label, help, optional: !needsFiles(field), problem: this.problems.get(field) },
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
            @input=${this.editing(field)}
          ></textarea>
          <button
            type="button"
            @click=${() => {
              this.dispatchEvent(new CustomEvent('pick', { detail: field }));
            }}
          >
            ${l10n.t('Browse…')}<span class="visually-hidden"> (${label})</span>
          </button>
        </span>`,
    );
  }

  private editing(field: FormField): (event: Event) => void {
    return (event) => {
      const detail = { field, form: withField(this.form, field, valueOf(event)) };
      this.dispatchEvent(new CustomEvent('edit', { detail }));
    };
  }

  private readonly onSubmit = (event: Event): void => {
    event.preventDefault();
    if (this.canLaunch) {
      this.dispatchEvent(new CustomEvent('launch'));
    }
  };
}

function helpOf(setting: Setting): string {
  return setting.default === undefined || setting.kind === 'choice'
    ? setting.description
    : l10n.t('{0} (default {1})', setting.description, String(setting.default));
}

function outcomeText(state: LaunchState): string {
  switch (state.kind) {
    case 'idle':
      return '';
    case 'starting':
      return l10n.t('Starting…');
    case 'launched':
      return l10n.t('Started; written to {0}', state.file);
    case 'failed':
      return state.problem;
  }
}

function previewView(preview: LaunchPreview): TemplateResult {
  if (!preview.ready) {
    return html`<p class="preview muted">${preview.reason}</p>`;
  }
  const { sentence, file, text } = preview;
  return html`<div class="preview">
    <p>${sentence}</p>
    <details>
      <summary>${file}</summary>
      <pre tabindex="0" aria-label=${l10n.t('What is written to {0}', file)}>${text}</pre>
    </details>
  </div>`;
}
