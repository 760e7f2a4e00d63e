import { html, type TemplateResult } from 'lit';
import * as v from 'valibot';
import { AskSettings, MOST_ANSWER_TOKENS, MOST_STOP_TEXTS } from '../../src/shared/playground/askSettings';
import { disclosure } from '../common/disclosure';
import { l10n } from '../common/l10n';

type NumberField = 'maxTokens' | 'temperature' | 'topP' | 'seed';
export type FieldName = NumberField | 'stopTexts';

/** What stands in a field that cannot be used. */
export type Unusable = ReadonlyMap<FieldName, string>;

export interface AskFieldsContent {
  readonly settings: AskSettings;
  readonly unusable: Unusable;
  readonly isOpen: boolean;
  readonly keep: (change: Partial<AskSettings>) => void;
  readonly setUnusable: (field: FieldName, text: string | null) => void;
  readonly setOpen: (isOpen: boolean) => void;
}

/** How prompts are answered; folded away, since the usual settings do for most. */
export function askFields(content: AskFieldsContent): TemplateResult {
  const heading = html`${l10n.t('Settings')} <span class="muted">${summaryOf(content.settings)}</span>`;
  const isOpen = content.isOpen || content.unusable.size > 0;
  return disclosure(
    { name: 'settings', heading, isOpen, change: content.setOpen },
    html`<div class="fields">
      ${numberField(content, 'maxTokens', l10n.t('Most tokens of an answer'))}
      ${numberField(content, 'temperature', l10n.t('Temperature (0 is greedy)'))}
      ${numberField(content, 'topP', l10n.t('Top p (1 is all tokens)'))}
      ${numberField(content, 'seed', l10n.t('Seed'))} ${stopField(content)}
    </div>`,
  );
}

/** What is said of settings where they are not shown in full. */
export function summaryOf({ maxTokens, temperature, topP, seed, stopTexts }: AskSettings): string {
  return [
    l10n.t('{0} tokens', maxTokens),
    ...(temperature === 0
      ? [l10n.t('greedy')]
      : [
          l10n.t('temperature {0}', temperature),
          ...(topP === 1 ? [] : [`top p ${topP}`]),
          l10n.t('seed {0}', seed),
        ]),
    ...(stopTexts.length === 0 ? [] : [l10n.t('ends at {0}', stopTexts.map(writtenStop).join(' '))]),
  ].join(', ');
}

function numberField(content: AskFieldsContent, name: NumberField, label: string): TemplateResult {
  const raw = content.unusable.get(name);
  const id = `field-${name}`;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <input
      id=${id}
      type="text"
      inputmode="decimal"
      .value=${raw ?? String(content.settings[name])}
      aria-invalid=${raw === undefined ? 'false' : 'true'}
      aria-describedby="${id}-problem"
      @change=${(event: Event) => {
        const { value } = event.currentTarget as HTMLInputElement;
        const text = value.trim();
        const number = text === '' ? NaN : Number(text);
        take(content, name, number, value);
      }}
    />
    <span id="${id}-problem" class="error">${raw === undefined ? '' : problemOf(name)}</span>
  </div>`;
}

function stopField(content: AskFieldsContent): TemplateResult {
  const raw = content.unusable.get('stopTexts');
  return html`<div class="field wide">
    <label for="field-stopTexts"
      >${l10n.t('Texts that end an answer, one a line; \\n is a line break')}</label
    >
    <textarea
      id="field-stopTexts"
      rows="2"
      .value=${raw ?? content.settings.stopTexts.map(writtenStop).join('\n')}
      aria-invalid=${raw === undefined ? 'false' : 'true'}
      aria-describedby="field-stopTexts-problem"
      @change=${(event: Event) => {
        const { value } = event.currentTarget as HTMLTextAreaElement;
        const texts = value.split('\n').flatMap((line) => (line === '' ? [] : [readStop(line)]));
        take(content, 'stopTexts', texts, value);
      }}
    ></textarea>
    <span id="field-stopTexts-problem" class="error">${raw === undefined ? '' : problemOf('stopTexts')}</span>
  </div>`;
}

function take(content: AskFieldsContent, name: FieldName, value: unknown, raw: string): void {
  const parsed = v.safeParse(v.partial(AskSettings), { [name]: value });
  content.setUnusable(name, parsed.success ? null : raw);
  if (parsed.success) {
    content.keep(parsed.output);
  }
}

/** What is wrong with a field, and what to write. */
export function problemOf(name: FieldName): string {
  const problems: Readonly<Record<FieldName, string>> = {
    maxTokens: l10n.t('Write a whole number from 1 to {0}.', MOST_ANSWER_TOKENS),
    temperature: l10n.t('Write a number of at least 0.'),
    topP: l10n.t('Write a number above 0 and up to 1.'),
    seed: l10n.t('Write a whole number of at least 0.'),
    stopTexts: l10n.t('Write at most {0} texts.', MOST_STOP_TEXTS),
  };
  return problems[name];
}

function writtenStop(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

const ESCAPES: Readonly<Record<string, string>> = { '\\n': '\n', '\\t': '\t', '\\\\': '\\' };

function readStop(line: string): string {
  return line.replaceAll(/\\[nt\\]/g, (escape) => ESCAPES[escape] ?? escape);
}
