import type { Setting } from '../../../shared/settings/settingTable';
import { TUNE_SETTINGS } from '../../../shared/settings/tuneSettings';
import { html } from '../html';
import { namesText } from '../numbers';
import { table } from '../table';
import type { ReportSection } from './section';

/** What was trained on, and how. */
export const SETTINGS: ReportSection = {
  id: 'settings',
  title: 'Settings',
  body: ({ tune, texts }) => {
    if (tune === undefined) {
      return undefined;
    }
    const settings: Readonly<Record<string, Setting>> = TUNE_SETTINGS;
    const values: Readonly<Record<string, string | number | boolean | undefined>> = tune;
    const rows = Object.entries(settings).flatMap(([name, setting]) => {
      const value = values[name];
      const isChosen = value !== setting.default;
      return value === undefined
        ? []
        : [
            [
              html`<code>${name}</code>`,
              isChosen ? html`<strong>${String(value)}</strong>` : String(value),
              setting.description,
            ],
          ];
    });
    const used = texts.map(({ role, names }) => [role, namesText(names)]);
    return html`<h3>Texts</h3>
      ${table('Texts', [{ name: 'text' }, { name: 'files' }], used)}
      <h3>Training</h3>
      ${table('Settings of training', [{ name: 'setting' }, { name: 'value' }, { name: 'meaning', isProse: true }], rows)}
      <p class="muted">Bold: other than the default.</p>`;
  },
};
