import { html, LitElement, nothing, type TemplateResult } from 'lit';
import {
  filterTensors,
  FILE_ORDER,
  NO_FILTER,
  sortTensors,
  totalsOf,
  type TensorColumn,
  type TensorFilter,
  type TensorRow,
  type TensorSort,
  type TensorTotals,
} from '../../src/shared/model/tensorTable';
import type { SafetensorsView, WeightFileFacts } from '../../src/shared/webview/safetensors';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { bytesText, countText, percentText, shortCountText } from '../common/quantities';
import type { TensorGrid } from './tensorGrid';
import { tensorsCsv } from './tensorsCsv';

/** Longer metadata scrolls, so that keys have to reach it. */
const METADATA_IN_SIGHT = 4;

/** Events of the view. */
export interface WeightFileEvents {
  copy: CustomEvent<string>;
  csv: CustomEvent<string>;
  /** What is to be found again after the page was hidden. */
  view: CustomEvent<SafetensorsView>;
}

/** One weight file: what it is, what is wrong with it, and its tensors. */
export class WeightFileView extends LitElement {
  static override properties = {
    facts: { attribute: false },
    rows: { attribute: false },
    message: { state: true },
    filter: { state: true },
    sort: { state: true },
  };

  /** Undefined until the extension has read the file. */
  declare facts: WeightFileFacts | undefined;
  /** Those that have arrived. */
  declare rows: readonly TensorRow[];
  declare private message: string;
  declare private filter: TensorFilter;
  declare private sort: TensorSort;
  private shown: readonly TensorRow[] = [];
  private totals: TensorTotals = totalsOf([]);
  private wantedScroll = 0;

  constructor() {
    super();
    this.facts = undefined;
    this.rows = [];
    this.message = '';
    this.filter = NO_FILTER;
    this.sort = FILE_ORDER;
  }

  /** Filter, sorting and scroll position as they were. */
  restore({ filter, sort, scroll }: SafetensorsView): void {
    this.filter = filter;
    this.sort = sort;
    this.wantedScroll = scroll;
  }

  /** Shows the tensors whose names hold a text. */
  find(text: string): void {
    this.setFilter({ ...NO_FILTER, text });
  }

  /** Says something about what the person did; screen readers read it. */
  say(message: string): void {
    this.message = message;
  }

  /** In the page itself, so that the page's styles hold. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('rows')) {
      this.totals = totalsOf(this.rows);
    }
    if (changed.has('rows') || changed.has('filter') || changed.has('sort')) {
      this.shown = sortTensors(filterTensors(this.rows, this.filter), this.sort);
    }
  }

  protected override updated(): void {
    if (this.wantedScroll > 0 && this.rows.length === this.facts?.tensors) {
      const grid = this.querySelector<TensorGrid>('adept-tensor-grid');
      const top = this.wantedScroll;
      this.wantedScroll = 0;
      void grid?.updateComplete.then(() => {
        grid.scrolled = top;
      });
    }
  }

  protected override render(): TemplateResult {
    const { facts } = this;
    if (facts === undefined) {
      return html`<main><p class="muted">${l10n.t('Reading the header…')}</p></main>`;
    }
    return html`<main>
      <header>
        <h1>${baseName(facts.file)}</h1>
        <p class="muted path">${facts.file}</p>
      </header>
      ${this.problems(facts)}
      <div class="panes">${this.summary(facts)} ${this.types()} ${this.metadata(facts)}</div>
      ${facts.tensors === 0 ? nothing : this.tensors(facts)}
      <p class="visually-hidden" role="status">${this.message}</p>
    </main>`;
  }

  private problems({ problems, tensors }: WeightFileFacts): TemplateResult | typeof nothing {
    if (problems.length === 0) {
      return nothing;
    }
    const rest = tensors > 0 ? l10n.t('What can be read is shown below.') : '';
    return html`<div class="notice error" role="alert">
      <span class="codicon codicon-error" aria-hidden="true"></span>
      <div>
        ${problems.map((problem) => html`<p>${problem}</p>`)}${rest === '' ? nothing : html`<p>${rest}</p>`}
      </div>
    </div>`;
  }

  private summary({ fileBytes, headerBytes, tensors, added }: WeightFileFacts): TemplateResult {
    const unknown = '–';
    const addedRows = this.rows.filter((row) => row.added);
    const addedCount = totalsOf(addedRows).parameters;
    const facts: [string, string][] = [
      [l10n.t('Parameters'), exactAndShort(this.totals.parameters)],
      [l10n.t('Tensors'), countText(tensors)],
      [l10n.t('Tensor data'), bytesText(this.totals.bytes)],
      [l10n.t('Header'), headerBytes === null ? unknown : bytesText(headerBytes)],
      [l10n.t('File'), fileBytes === null ? unknown : bytesText(fileBytes)],
    ];
    if (added.length > 0) {
      const layers = added.map(({ layer, source }) => l10n.t('{0} (copy of {1})', layer, source)).join(', ');
      facts.push([
        l10n.t('Added layers'),
        `${layers}: ${exactAndShort(addedCount)}, ${percentText(addedCount / Math.max(1, this.totals.parameters))}`,
      ]);
    }
    return html`<section aria-labelledby="summary-title">
      <h2 id="summary-title">${l10n.t('Summary')}</h2>
      <dl class="facts">
        ${facts.map(
          ([term, value]) =>
            html`<dt>${term}</dt>
              <dd>${value}</dd>`,
        )}
      </dl>
    </section>`;
  }

  private types(): TemplateResult | typeof nothing {
    const { dtypes } = this.totals;
    if (dtypes.length === 0) {
      return nothing;
    }
    return html`<section aria-labelledby="types-title">
      <h2 id="types-title">${l10n.t('Types')}</h2>
      <table class="totals">
        <thead>
          <tr>
            <th scope="col">${l10n.t('Type')}</th>
            <th scope="col" class="numeric">${l10n.t('Tensors')}</th>
            <th scope="col" class="numeric">${l10n.t('Parameters')}</th>
            <th scope="col" class="numeric">${l10n.t('Size')}</th>
          </tr>
        </thead>
        <tbody>
          ${dtypes.map(
            ({ dtype, tensors, parameters, bytes }) =>
              html`<tr>
                <th scope="row">${dtype}</th>
                <td class="numeric">${countText(tensors)}</td>
                <td class="numeric">${countText(parameters)}</td>
                <td class="numeric">${bytesText(bytes)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </section>`;
  }

  private metadata({ metadata }: WeightFileFacts): TemplateResult {
    return html`<section class="metadata" aria-labelledby="metadata-title">
      <h2 id="metadata-title">${l10n.t('Metadata')}</h2>
      ${
        metadata.length === 0
          ? html`<p class="muted">${l10n.t('The file has none.')}</p>`
          : html`<div
              class="metadata-scroll"
              role="group"
              aria-labelledby="metadata-title"
              tabindex=${metadata.length > METADATA_IN_SIGHT ? 0 : nothing}
            >
              <dl class="facts">
                ${metadata.map(
                  ({ key, value }) =>
                    html`<dt>${key}</dt>
                      <dd>${value}</dd>`,
                )}
              </dl>
            </div>`
      }
    </section>`;
  }

  private tensors(facts: WeightFileFacts): TemplateResult {
    const sources = new Map(facts.added.map(({ layer, source }) => [layer, source]));
    return html`<section class="tensors" aria-labelledby="tensors-title">
      <h2 id="tensors-title">${l10n.t('Tensors')}</h2>
      ${this.toolbar(facts)}
      <adept-tensor-grid
        .rows=${this.shown}
        .sources=${sources}
        .sort=${this.sort}
        @sort=${this.onSort}
        @copy=${this.onCopy}
        @focusout=${this.keepView}
        @mouseleave=${this.keepView}
      ></adept-tensor-grid>
    </section>`;
  }

  private toolbar(facts: WeightFileFacts): TemplateResult {
    const { filter } = this;
    const broken = this.rows.some(({ problem }) => problem !== null);
    return html`<div class="toolbar" role="group" aria-label=${l10n.t('Filter')}>
      <input
        type="search"
        class="filter"
        .value=${filter.text}
        placeholder=${l10n.t('Filter by name, type or shape')}
        aria-label=${l10n.t('Filter by name, type or shape')}
        @input=${(event: Event) => {
          this.setFilter({ text: valueOf(event) });
        }}
      />
      ${this.totals.dtypes.length < 2 ? nothing : this.typeChoice()}
      ${facts.added.length === 0 ? nothing : this.only('added', l10n.t('Added layers only'))}
      ${broken ? this.only('problems', l10n.t('Broken only')) : nothing}
      <span class="muted shown">${this.shownText(facts.tensors)}</span>
      ${pushButton({ text: l10n.t('Save as CSV'), act: this.onCsv })}
    </div>`;
  }

  private typeChoice(): TemplateResult {
    return html`<select
      aria-label=${l10n.t('Type')}
      @change=${(event: Event) => {
        this.setFilter({ dtype: valueOf(event) });
      }}
    >
      <option value="" ?selected=${this.filter.dtype === ''}>${l10n.t('All types')}</option>
      ${this.totals.dtypes.map(
        ({ dtype }) =>
          html`<option value=${dtype} ?selected=${this.filter.dtype === dtype}>${dtype}</option>`,
      )}
    </select>`;
  }

  private only(which: 'added' | 'problems', label: string): TemplateResult {
    return html`<label class="check-label">
      <input
        type="checkbox"
        .checked=${this.filter.only === which}
        @change=${() => {
          this.setFilter({ only: this.filter.only === which ? 'all' : which });
        }}
      />
      ${label}
    </label>`;
  }

  private shownText(all: number): string {
    if (this.rows.length < all) {
      return l10n.t('{0} of {1} read', countText(this.rows.length), countText(all));
    }
    if (this.shown.length === all) {
      return l10n.t('{0} tensors', countText(all));
    }
    const { parameters } = totalsOf(this.shown);
    return l10n.t(
      '{0} of {1} tensors, {2} parameters',
      countText(this.shown.length),
      countText(all),
      countText(parameters),
    );
  }

  private setFilter(change: Partial<TensorFilter>): void {
    this.filter = { ...this.filter, ...change };
    this.keepView();
    void this.updateComplete.then(() => {
      this.message = this.shownText(this.facts?.tensors ?? 0);
    });
  }

  private readonly onSort = ({ detail: column }: CustomEvent<TensorColumn>): void => {
    const descending = this.sort.column === column && !this.sort.descending;
    this.sort = { column, descending };
    this.keepView();
  };

  private readonly onCopy = ({ detail }: CustomEvent<string>): void => {
    this.emit('copy', detail);
    this.message = l10n.t('Copied: {0}', detail);
  };

  private readonly onCsv = (): void => {
    this.emit('csv', tensorsCsv(this.shown));
  };

  private readonly keepView = (): void => {
    const scroll = this.querySelector<TensorGrid>('adept-tensor-grid')?.scrolled ?? 0;
    this.emit('view', { filter: this.filter, sort: this.sort, scroll });
  };

  private emit<K extends keyof WeightFileEvents>(type: K, detail: WeightFileEvents[K]['detail']): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** `134,515,008 (134.5M)`; a small number once. */
function exactAndShort(count: number): string {
  return count < 1_000_000 ? countText(count) : `${countText(count)} (${shortCountText(count)})`;
}

function valueOf(event: Event): string {
  const { target } = event;
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement ? target.value : '';
}

function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
