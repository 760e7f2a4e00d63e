import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { USUAL_ASK_SETTINGS } from '../../src/shared/playground/askSettings';
import type { KeptRound } from '../../src/shared/playground/history';
import { originOf, type Side, type Sides } from '../../src/shared/playground/sides';
import {
  FromPlayground,
  PlaygroundView,
  ToPlayground,
  type PlaygroundRound,
} from '../../src/shared/webview/playground';
import { formatMoment } from '../common/format';
import { connectHost } from '../common/host';
import { l10n } from '../common/l10n';
import { pushButton, submitButton } from '../common/pushButton';
import { askFields, summaryOf, type FieldName } from './askFields';
import { columnsView } from './columnsView';
import { estimateText } from './costEstimate';
import { historyView, roundOf } from './historyView';
import { sideField } from './sideField';
import { statusText } from './statusText';

type Shown = Omit<Extract<ToPlayground, { type: 'show' }>, 'type'>;

const FIRST_VIEW: PlaygroundView = {
  ...{ prompt: '', sides: null, settings: USUAL_ASK_SETTINGS, settingsOpen: false },
};

/** The page of the playground: a prompt, and what one or two models answer. */
export class PlaygroundApp extends LitElement {
  private readonly host = connectHost({ to: ToPlayground, from: FromPlayground, view: PlaygroundView });
  private shown: Shown | undefined;
  /** The round of the history that is shown in place of the last one. */
  private past: KeptRound | undefined;
  private readonly unusable = new Map<FieldName, string>();

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
    const { shown } = this;
    if (shown === undefined) {
      return html`<main aria-busy="true"><p class="muted">${l10n.t('Reading…')}</p></main>`;
    }
    return html`<main>
      <h1>${l10n.t('Playground')}</h1>
      ${this.form(shown)} ${this.about(shown)} ${this.answers(shown)}
      ${historyView({
        history: shown.history,
        shown: this.past?.id ?? shown.round?.id,
        canAsk: this.whyNot(shown) === undefined,
        show: (round) => {
          this.past = round;
          this.requestUpdate();
        },
        again: (round) => {
          this.again(round);
        },
        forget: ({ id }) => {
          this.host.post({ type: 'forget', id });
        },
        clear: () => {
          this.host.post({ type: 'clearHistory' });
        },
      })}
    </main>`;
  }

  private get view(): PlaygroundView {
    return this.host.view ?? FIRST_VIEW;
  }

  private get sides(): Sides {
    return this.view.sides ?? this.shown?.usual ?? [];
  }

  private form(shown: Shown): TemplateResult {
    const { view, sides } = this;
    const whyNot = this.whyNot(shown);
    return html`<form
      novalidate
      @submit=${(event: Event) => {
        event.preventDefault();
        this.ask();
      }}
    >
      <label for="prompt">${l10n.t('Prompt')}</label>
      <textarea
        id="prompt"
        rows="4"
        .value=${view.prompt}
        @input=${(event: Event) => {
          this.keep({ prompt: (event.currentTarget as HTMLTextAreaElement).value });
        }}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            this.ask();
          }
        }}
      ></textarea>
      <label class="check-label">
        <input
          type="checkbox"
          .checked=${view.settings.asConversation}
          @change=${(event: Event) => {
            const asConversation = (event.currentTarget as HTMLInputElement).checked;
            this.keep({ settings: { ...view.settings, asConversation } });
          }}
        />
        ${l10n.t('A user says it in a conversation (chat template)')}
      </label>
      <div class="sides">${[0, 1].map((index) => this.side(shown, index))}</div>
      ${askFields({
        settings: view.settings,
        unusable: this.unusable,
        isOpen: view.settingsOpen,
        keep: (change) => {
          this.keep({ settings: { ...this.view.settings, ...change } });
        },
        setUnusable: (field, text) => {
          this.setUnusable(field, text);
        },
        setOpen: (settingsOpen) => {
          this.keep({ settingsOpen });
        },
      })}
      <div class="toolbar">
        ${submitButton({
          text: l10n.t('Ask'),
          icon: 'send',
          title: l10n.t('Ctrl+Enter or ⌘+Enter in the prompt'),
          disabled: whyNot !== undefined,
          describedBy: 'status',
        })}
        ${pushButton({
          text: l10n.t('Stop'),
          icon: 'debug-stop',
          disabled: !shown.isAnswering,
          act: () => {
            this.host.post({ type: 'stop' });
          },
        })}
        <span class="muted cost"
          >${sides.length === 0 ? nothing : estimateText(shown.history, sides, view.settings.maxTokens)}</span
        >
      </div>
    </form>`;
  }

  private side(shown: Shown, index: number): TemplateResult {
    const { sides } = this;
    return sideField({
      ...{ index, side: sides[index], origins: shown.origins },
      choose: (side: Side | undefined) => {
        const other = sides[1 - index];
        const both = index === 0 ? [side, other] : [other, side];
        this.keep({ sides: both.filter((one) => one !== undefined) });
      },
    });
  }

  /** What answers, what it is doing, and what is wrong with it. */
  private about(shown: Shown): TemplateResult {
    const { process, origins, round } = shown;
    const isShared = this.sides.some((side) =>
      origins.some((origin) => origin.kind === 'run' && origin.live && origin.run === originOf(side)),
    );
    return html`<div class="about">
        <p role="status" id="status" class="muted status">${this.whyNot(shown) ?? statusText(shown)}</p>
        ${
          process.engine === null
            ? nothing
            : html`<p class="muted">
                ${l10n.t('Computed by {0} on {1}, threads: {2}.', process.engine.engine, process.engine.device, process.engine.threads)}
              </p>`
        }
      </div>
      ${
        isShared
          ? html`<p class="muted">
              ${l10n.t('This run is being trained: answers slow it down while they are computed, and change nothing of it.')}
            </p>`
          : nothing
      }
      ${
        process.state !== 'ended'
          ? nothing
          : html`<div class="notice error" role="alert">
              <span class="codicon codicon-error" aria-hidden="true"></span>
              <div>
                <p>${process.problem}</p>
                ${
                  round === null
                    ? nothing
                    : pushButton({
                        text: l10n.t('Start Again'),
                        act: () => {
                          this.askRound(round);
                        },
                      })
                }
              </div>
            </div>`
      }`;
  }

  private answers(shown: Shown): TemplateResult | typeof nothing {
    const last = shown.round ?? undefined;
    const [latest] = shown.history;
    const past = this.past ?? (last === undefined ? latest : undefined);
    const round = past === undefined ? last : roundOf(past);
    if (round === undefined) {
      return nothing;
    }
    const summary = summaryOf(round.settings);
    return columnsView({
      round,
      about: past === undefined ? summary : `${formatMoment(past.time)} · ${summary}`,
      known: past === undefined ? shown.process.problem : null,
      copy: (text) => {
        this.host.post({ type: 'copy', text });
      },
    });
  }

  /** Why nothing can be asked now, where the person can do something about it. */
  private whyNot(shown: Shown): string | undefined {
    if (!shown.trusted) {
      return l10n.t('This workspace is not trusted: nothing can be asked.');
    }
    if (this.sides.length === 0) {
      return l10n.t(
        'There is no model to ask: a run that has saved a checkpoint, an exported model or a model folder of this workspace.',
      );
    }
    if (this.unusable.size > 0) {
      return l10n.t('Correct the settings first.');
    }
    return shown.isAnswering ? statusText(shown) : undefined;
  }

  private ask(): void {
    const { shown, sides, view } = this;
    if (shown !== undefined && this.whyNot(shown) === undefined) {
      this.past = undefined;
      this.host.post({ type: 'ask', prompt: view.prompt, sides, settings: view.settings });
      this.requestUpdate();
    }
  }

  private again({ prompt, settings, answers }: KeptRound): void {
    this.askRound({ prompt, settings, columns: answers });
  }

  /** Asks as it was asked; the form shows how. */
  private askRound({
    prompt,
    settings,
    columns,
  }: Pick<PlaygroundRound, 'prompt' | 'settings'> & {
    readonly columns: readonly { readonly side: Side }[];
  }): void {
    this.unusable.clear();
    this.keep({ prompt, settings, sides: columns.map(({ side }) => side) });
    this.ask();
  }

  private keep(change: Partial<PlaygroundView>): void {
    this.host.setView({ ...this.view, ...change });
    this.requestUpdate();
  }

  private setUnusable(field: FieldName, text: string | null): void {
    if (text === null) {
      this.unusable.delete(field);
    } else {
      this.unusable.set(field, text);
    }
    this.requestUpdate();
  }

  private receive(message: ToPlayground): void {
    switch (message.type) {
      case 'show':
        this.shown = message;
        break;
      case 'compare':
        this.keep({ sides: message.sides });
        break;
      case 'update':
        this.changeBy(message);
        break;
      case 'said':
        this.said(message);
        break;
    }
  }

  private changeBy(change: Extract<ToPlayground, { type: 'update' }>): void {
    if (this.shown !== undefined) {
      this.shown = { ...this.shown, ...change };
      // What was shown of the history may be forgotten.
      this.past = this.shown.history.find(({ id }) => id === this.past?.id);
    }
  }

  private said({ round: id, column, from, text, cost }: Extract<ToPlayground, { type: 'said' }>): void {
    const { shown } = this;
    if (shown?.round?.id !== id) {
      return;
    }
    const columns = shown.round.columns.map((one, index) =>
      index === column
        ? { ...one, state: 'answering' as const, text: one.text.slice(0, from) + text, cost }
        : one,
    );
    this.shown = { ...shown, round: { ...shown.round, columns } };
  }
}
