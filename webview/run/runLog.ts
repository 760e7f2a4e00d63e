import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { type LogLine } from '../../src/shared/webview/run';
import { LOG_LEVELS, type LogLevel } from '../../src/shared/run/runFolder';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { formatCount, formatTime } from '../common/format';
import { filteredLog } from './logFilter';

export interface RunLogEvents {
  filter: CustomEvent<{ readonly filter?: string; readonly level?: LogLevel }>;
}

/** Lines drawn at first, and more of them at a time. */
const PAGE = 400;
/** Closer to the end than this counts as being there. */
const END_PIXELS = 24;

/** The log of a run: its last lines, filtered; it follows the end unless one scrolled up. */
export class RunLog extends LitElement {
  static override properties = {
    lines: { attribute: false },
    skipped: { attribute: false },
    filter: { attribute: false },
    level: { attribute: false },
    shown: { state: true },
    follows: { state: true },
  };

  declare lines: readonly LogLine[];
  /** Lines before the first that are not here. */
  declare skipped: number;
  declare filter: string;
  declare level: LogLevel;
  declare private shown: number;
  declare private follows: boolean;

  constructor() {
    super();
    this.shown = PAGE;
    this.follows = true;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    const fitting = filteredLog(this.lines, this.filter, this.level);
    const drawn = fitting.slice(-this.shown);
    const earlier = fitting.length - drawn.length;
    return html`<div class="toolbar">
        <label
          >${l10n.t('Filter')}
          <input type="search" .value=${this.filter} @input=${this.onFilter} placeholder=${l10n.t('text')} />
        </label>
        <label
          >${l10n.t('Level')}
          <select @change=${this.onLevel}>
            ${LOG_LEVELS.map(
              (level) =>
                html`<option value=${level} ?selected=${level === this.level}>${levelText(level)}</option>`,
            )}
          </select>
        </label>
        <span class="muted" role="status">${countText(fitting.length, this.lines.length)}</span>
        ${
          this.follows
            ? nothing
            : pushButton({ text: l10n.t('Jump to end'), icon: 'arrow-down', act: this.onEnd })
        }
      </div>
      <div
        class="log"
        role="log"
        aria-live="off"
        aria-label=${l10n.t('Log')}
        tabindex="0"
        @scroll=${this.onScroll}
      >
        ${this.skipped > 0 ? html`<p class="muted">${l10n.t('{0} earlier lines are in the whole log.', formatCount(this.skipped))}</p>` : nothing}
        ${
          earlier > 0
            ? html`<button type="button" class="link" @click=${this.onMore}>
                ${l10n.t('Show earlier lines ({0})', formatCount(earlier))}
              </button>`
            : nothing
        }
        ${repeat(
          drawn,
          ({ seq }) => seq,
          (line) => logLine(line),
        )}
        ${drawn.length === 0 ? html`<p class="muted">${this.lines.length === 0 ? l10n.t('Nothing has been logged yet.') : l10n.t('No line matches.')}</p>` : nothing}
      </div>`;
  }

  protected override updated(): void {
    if (this.follows) {
      this.scrollToEnd();
    }
  }

  private get box(): HTMLElement | null {
    return this.querySelector('.log');
  }

  private scrollToEnd(): void {
    const { box } = this;
    if (box !== null) {
      box.scrollTop = box.scrollHeight;
    }
  }

  private readonly onScroll = (): void => {
    const { box } = this;
    if (box !== null) {
      this.follows = box.scrollHeight - box.scrollTop - box.clientHeight < END_PIXELS;
    }
  };

  private readonly onEnd = (): void => {
    this.follows = true;
    this.box?.focus();
  };

  private readonly onMore = (): void => {
    this.shown += PAGE;
    this.follows = false;
  };

  private readonly onFilter = (event: InputEvent): void => {
    this.emit({ filter: (event.currentTarget as HTMLInputElement).value });
  };

  private readonly onLevel = (event: Event): void => {
    const chosen = (event.currentTarget as HTMLSelectElement).value;
    const level = LOG_LEVELS.find((known) => known === chosen);
    if (level !== undefined) {
      this.emit({ level });
    }
  };

  private emit(detail: RunLogEvents['filter']['detail']): void {
    this.shown = PAGE;
    const event: RunLogEvents['filter'] = new CustomEvent('filter', { detail });
    this.dispatchEvent(event);
  }
}

function logLine({ time, level, text }: LogLine): TemplateResult {
  return html`<div class="line line-${level}">
    <time class="muted" datetime=${time}>${formatTime(time)}</time>
    <span class="level">${levelWord(level)}</span>
    <span class="text">${text}</span>
  </div>`;
}

function levelText(level: LogLevel): string {
  const texts: Readonly<Record<LogLevel, string>> = {
    info: l10n.t('everything'),
    warn: l10n.t('warnings and errors'),
    error: l10n.t('errors'),
  };
  return texts[level];
}

function levelWord(level: LogLevel): string {
  const texts: Readonly<Record<LogLevel, string>> = {
    info: l10n.t('info'),
    warn: l10n.t('warning'),
    error: l10n.t('error'),
  };
  return texts[level];
}

function countText(fitting: number, all: number): string {
  return fitting === all
    ? l10n.t('{0} lines', formatCount(all))
    : l10n.t('{0} of {1} lines', formatCount(fitting), formatCount(all));
}
