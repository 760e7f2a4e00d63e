import { html, type TemplateResult } from 'lit';

const MOVES: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };

/** A row of tabs: one in the tab order, the others by arrow keys, which also choose. The panel's id is `tab-panel`. */
export function tabList<T extends string>(
  tabs: readonly (readonly [T, string])[],
  chosen: T,
  choose: (tab: T) => void,
): TemplateResult {
  const onKey = (event: KeyboardEvent): void => {
    const at = tabs.findIndex(([tab]) => tab === chosen);
    const move = MOVES[event.key];
    const to =
      event.key === 'Home'
        ? 0
        : event.key === 'End'
          ? tabs.length - 1
          : move === undefined
            ? undefined
            : (at + move + tabs.length) % tabs.length;
    const next = to === undefined ? undefined : tabs[to]?.[0];
    if (next !== undefined) {
      event.preventDefault();
      choose(next);
      (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`#tab-${next}`)?.focus();
    }
  };
  return html`<div class="tabs" role="tablist" @keydown=${onKey}>
    ${tabs.map(
      ([tab, text]) =>
        html`<button
          type="button"
          role="tab"
          id=${`tab-${tab}`}
          aria-selected=${tab === chosen ? 'true' : 'false'}
          aria-controls="tab-panel"
          tabindex=${tab === chosen ? '0' : '-1'}
          @click=${() => {
            choose(tab);
          }}
        >
          ${text}
        </button>`,
    )}
  </div>`;
}
