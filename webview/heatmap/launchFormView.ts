import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import {
  ESSENTIAL_FILES,
  ESSENTIAL_SETTINGS,
  FORM_ANSWERS,
  FORM_FILES,
  FORM_TEXT_SETTINGS,
  isFiles,
  isRequired,
  isTextSetting,
  FURTHER_SETTINGS,
  RATE_SETTINGS,
  withField,
  type FormField,
  type FormFiles,
  type FormSetting,
  type FormTextSetting,
  type LaunchForm,
} from '../../src/shared/launch/launchForm';
import type { Term } from '../../src/shared/glossary/glossary';
import type { EngineState } from '../../src/shared/engines/engineState';
import type { RatePreview } from '../../src/shared/launch/ratePreview';
import { TUNE_SETTINGS } from '../../src/shared/settings/tuneSettings';
import { TEXT_SETTINGS } from '../../src/shared/settings/textSettings';
import { type Setting } from '../../src/shared/settings/settingTable';
import type { LaunchWarning } from '../../src/shared/launch/launchCheck';
import type { KnownText } from '../../src/shared/webview/heatmap';
import { l10n } from '../common/l10n';
import { pushButton, submitButton } from '../common/pushButton';
import { computeFields } from './computeFields';
import { filesField } from './filesField';
import { formField, valueOf } from './formField';
import { formPart } from './formPart';
import type { FormPart } from './heatmapView';
import { choiceText, settingHelp, termOf, textSettingHelp } from './help';
import { rateView } from './rateView';
import { settingLabel, textSettingLabel } from './texts';
import { launchCheckView } from './launchCheckView';

/** What would run: the sentence, where the file goes and what stands in it; or why there is nothing to show yet. */
export type LaunchPreview =
  | { readonly ready: true; readonly sentence: string; readonly file: string; readonly text: string }
  /** wrong: how many fields hold something that cannot be used */
  | { readonly ready: false; readonly reason: string; readonly wrong: number };

/** How the last launch went. */
export type LaunchState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'launched'; readonly file: string; readonly queued: boolean }
  | { readonly kind: 'failed'; readonly problem: string };

/** Empty where there is no token; undefined where nobody knows. */
export interface AutoFrame {
  readonly documentStart: string | undefined;
  readonly documentEnd: string | undefined;
}

interface ControlFacts {
  readonly field: 'name' | 'answers' | FormSetting | FormTextSetting;
  readonly label: string;
  readonly help: string;
  readonly optional: boolean;
  readonly term?: Term | undefined;
}

export interface LaunchFormEvents {
  /** The form as it is typed now, and the field that changed. */
  edit: CustomEvent<{ readonly form: LaunchForm; readonly field: FormField }>;
  pick: CustomEvent<FormFiles>;
  /** The text of a field is to be shown as the model gets it. */
  previewText: CustomEvent<FormFiles>;
  launch: CustomEvent<undefined>;
  /** It is to wait until no other run is active. */
  queue: CustomEvent<undefined>;
  /** The parts that are open now. */
  fold: CustomEvent<readonly FormPart[]>;
}

/** The launch form. Its fields, their bounds, defaults and help follow from the tables of settings. */
export class LaunchFormView extends LitElement {
  static override properties = {
    form: { attribute: false },
    problems: { attribute: false },
    warnings: { attribute: false },
    known: { attribute: false },
    frame: { attribute: false },
    engines: { attribute: false },
    preview: { attribute: false },
    rates: { attribute: false },
    state: { attribute: false },
    blocked: { attribute: false },
    open: { attribute: false },
  };

  declare form: LaunchForm;
  /** Of the fields whose problem is to be shown. */
  declare problems: ReadonlyMap<FormField, string>;
  /** What speaks against a launch, and does not stand against it. */
  declare warnings: readonly LaunchWarning[];
  /** What is known of the texts that the fields name. */
  declare known: ReadonlyMap<FormFiles, KnownText>;
  /** What is put around documents where nothing is said of it, as far as the analysis told. */
  declare frame: AutoFrame;
  /** Which engines the machine has. */
  declare engines: EngineState;
  declare preview: LaunchPreview;
  declare rates: RatePreview;
  declare state: LaunchState;
  /** Why nothing can be launched here at all; undefined where it can. */
  declare blocked: string | undefined;
  /** The parts that are open. */
  declare open: readonly FormPart[];

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

  /** The first field that is wrong; where none is, what the launch is warned of. */
  showLaunchCheck(): void {
    if (this.querySelector('[aria-invalid="true"]') === null) {
      this.querySelector('#launch-check')?.scrollIntoView({ block: 'center' });
    } else {
      this.focusProblem();
    }
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
      help: l10n.t('Names the file and the run folder.'),
      optional: false,
    } as const;
    const part = (which: { name: FormPart; heading: string }, fields: TemplateResult): TemplateResult =>
      formPart({ ...which, open: this.open, toggle: this.onFold }, fields);
    return html`<form novalidate @submit=${this.onSubmit} aria-labelledby="launch-heading">
      <h2 id="launch-heading">${l10n.t('Tune the copies')}</h2>
      <div class="text-fields">
        ${this.textField(name, this.form.name, true)}
        ${ESSENTIAL_FILES.map((field) => this.filesField(field))}
      </div>
      <div class="settings">${ESSENTIAL_SETTINGS.map((field) => this.settingField(field))}</div>
      ${part(
        {
          name: 'more-settings',
          heading: l10n.t('More: batches, intervals, schedule, replay, probe, answers'),
        },
        html`<div class="text-fields">
            ${FORM_FILES.filter((field) => !isEssential(field)).map((field) => this.filesField(field))}
          </div>
          <div class="settings">
            ${FURTHER_SETTINGS.map((field) => this.settingField(field))}${this.answersField()}
          </div>`,
      )}
      ${part(
        { name: 'rate-settings', heading: l10n.t('Learning rates of the units') },
        html`<div class="settings">${RATE_SETTINGS.map((field) => this.settingField(field))}</div>
          ${rateView(this.rates)}`,
      )}
      ${part(
        { name: 'text-settings', heading: l10n.t('How texts are read') },
        html`<div class="settings">${FORM_TEXT_SETTINGS.map((field) => this.textSettingField(field))}</div>`,
      )}
      ${computeFields({
        values: this.form.compute,
        engines: this.engines,
        problemOf: (field) => this.problems.get(field),
        editing: (field) => this.editing(field),
      })}
      ${previewView(this.preview)} ${launchCheckView(this.preview.ready, this.warnings)}
      <p class="actions">
        ${submitButton({
          text: l10n.t('Start tuning'),
          disabled: !this.canLaunch,
          describedBy: 'launch-check launch-outcome',
        })}
        ${pushButton({
          text: l10n.t('Add to Queue'),
          title: l10n.t('Starts when no other run is active and a window with this workspace is open'),
          disabled: !this.canLaunch,
          describedBy: 'launch-check launch-outcome',
          act: () => {
            this.dispatchEvent(new CustomEvent('queue'));
          },
        })}
      </p>
      <p id="launch-outcome" role="status" class=${this.state.kind === 'failed' ? 'error' : ''}>
        ${this.blocked ?? outcomeText(this.state)}
      </p>
    </form>`;
  }

  private textField(facts: ControlFacts, value: string, required: boolean): TemplateResult {
    const { field } = facts;
    return formField(
      { ...facts, problem: this.problems.get(field) },
      ({ id, invalid, describedBy }) =>
        html`<input
          id=${id}
          type="text"
          inputmode=${isNumber(field) ? 'decimal' : 'text'}
          class=${isNumber(field) ? 'numeric' : nothing}
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

  private textSettingField(field: FormTextSetting): TemplateResult {
    const setting: Setting = TEXT_SETTINGS[field];
    const value = this.form.texts[field];
    const auto = field === 'packing' ? undefined : this.frame[field];
    const facts = {
      field,
      label: textSettingLabel(field),
      help: [textSettingHelp(field), ...(auto === undefined ? [] : [autoText(auto)])].join(' '),
      optional: false,
    };
    return setting.kind === 'choice'
      ? this.choiceField(facts, value, setting.choices)
      : this.textField(facts, value, false);
  }

  private answersField(): TemplateResult {
    const facts = {
      field: 'answers',
      label: l10n.t('Answers to prompts'),
      help: l10n.t(
        'What the model says before the first step and at each evaluation, in the tab Answers of the run.',
      ),
      optional: false,
    } as const;
    return this.choiceField(facts, this.form.answers, FORM_ANSWERS);
  }

  private settingField(field: FormSetting): TemplateResult {
    const setting: Setting = TUNE_SETTINGS[field];
    const value = this.form.settings[field];
    const required = isRequired(setting);
    const facts = {
      field,
      label: settingLabel(field),
      help: helpOf(field, setting),
      term: termOf(field),
      optional: setting.default === undefined && !required,
    };
    if (setting.kind !== 'choice') {
      return this.textField(facts, value, required);
    }
    return this.choiceField(facts, value, setting.choices);
  }

  private choiceField(facts: ControlFacts, value: string, choices: readonly string[]): TemplateResult {
    return formField(
      { ...facts, problem: this.problems.get(facts.field) },
      ({ id, invalid, describedBy }) =>
        html`<select
          id=${id}
          aria-invalid=${invalid}
          aria-describedby=${describedBy}
          @change=${this.editing(facts.field)}
        >
          ${choices.map(
            (choice) =>
              html`<option value=${choice} ?selected=${choice === value}>${choiceText(choice)}</option>`,
          )}
        </select>`,
    );
  }

  private filesField(field: FormFiles): TemplateResult {
    return filesField({
      field,
      value: this.form.files[field],
      problem: this.problems.get(field),
      known: this.known.get(field),
      canPreview: this.canLaunch,
      edit: this.editing(field),
      pick: () => {
        this.dispatchEvent(new CustomEvent('pick', { detail: field }));
      },
      preview: () => {
        this.dispatchEvent(new CustomEvent('previewText', { detail: field }));
      },
    });
  }

  private editing(field: FormField): (event: Event) => void {
    return (event) => {
      const detail = { field, form: withField(this.form, field, valueOf(event)) };
      this.dispatchEvent(new CustomEvent('edit', { detail }));
    };
  }

  private readonly onFold = (open: readonly FormPart[]): void => {
    this.dispatchEvent(new CustomEvent('fold', { detail: open }));
  };

  private readonly onSubmit = (event: Event): void => {
    event.preventDefault();
    if (this.canLaunch) {
      this.dispatchEvent(new CustomEvent('launch'));
    }
  };
}

function isEssential(field: FormFiles): boolean {
  return (ESSENTIAL_FILES as readonly string[]).includes(field);
}

/** Of the fields with one line, those that take numbers. */
function isNumber(field: FormField): boolean {
  return field !== 'name' && field !== 'answers' && !isFiles(field) && !isTextSetting(field);
}

/** What “auto” comes to with this model. */
function autoText(token: string): string {
  return token === ''
    ? l10n.t('Here auto is no token.')
    : l10n.t('Here auto is {0}.', token.replaceAll('\n', '⏎'));
}

function helpOf(field: FormSetting, setting: Setting): string {
  const help = settingHelp(field);
  return setting.default === undefined || setting.kind === 'choice'
    ? help
    : l10n.t('{0} Default {1}.', help, String(setting.default));
}

function outcomeText(state: LaunchState): string {
  switch (state.kind) {
    case 'idle':
      return '';
    case 'starting':
      return l10n.t('Starting…');
    case 'launched':
      return state.queued
        ? l10n.t('In the queue; written to {0}', state.file)
        : l10n.t('Started; written to {0}', state.file);
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
