import { html, type TemplateResult } from 'lit';
import type { TickedComparison } from '../../src/shared/webview/runs';
import { scrollingTable } from '../common/dataTable';
import { l10n } from '../common/l10n';
import { lineKey } from '../common/lineKey';

/** The settings in which the ticked runs differ; values that are not those of most runs are marked. */
export function differencesView(
  { paths, differences, problems }: TickedComparison,
  nameOf: (path: string) => { readonly name: string; readonly line: number } | undefined,
): TemplateResult {
  const shown = paths.map((path) => nameOf(path));
  return html`${problems.map((problem) => html`<p class="error">${problem}</p>`)}
  ${
    differences.length === 0
      ? html`<p class="muted">${l10n.t('Their settings are the same.')}</p>`
      : scrollingTable(l10n.t('Settings that differ'), {
          classes: 'numbers differences',
          headings: [
            l10n.t('Setting'),
            ...shown.map((run) => ({
              text: run === undefined ? '' : html`${lineKey(run.line)}${run.name}`,
            })),
          ],
          rows: differences.map(({ name, values }) => {
            const usual = usualValue(values);
            return {
              name,
              cells: values.map((value) =>
                value === usual ? value : html`<mark title=${value}>${value}</mark>`,
              ),
            };
          }),
        })
  }`;
}

/** The value that more than half of the runs have; undefined where there is none. */
function usualValue(values: readonly string[]): string | undefined {
  return values.find((value) => values.filter((other) => other === value).length > values.length / 2);
}
