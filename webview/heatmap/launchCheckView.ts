import { html, nothing, type TemplateResult } from 'lit';
import { isFormSetting } from '../../src/shared/launch/launchForm';
import type { LaunchWarning } from '../../src/shared/launch/launchCheck';
import { l10n } from '../common/l10n';
import { settingLabel } from './texts';

/** Whether a run can start, and what speaks against it: beside the button, where it is decided. */
export function launchCheckView(ready: boolean, warnings: readonly LaunchWarning[]): TemplateResult {
  if (warnings.length === 0) {
    return html`<div id="launch-check" class="launch-check" role="status">
      ${
        ready
          ? html`<p>
              <span class="codicon codicon-pass" aria-hidden="true"></span>
              ${l10n.t('Settings, model and machine go together.')}
            </p>`
          : nothing
      }
    </div>`;
  }
  return html`<div id="launch-check" class="launch-check" role="status">
    <ul>
      ${warnings.map(
        ({ field, text }) =>
          html`<li data-warning=${field}>
            <span class="codicon codicon-warning" aria-hidden="true"></span>
            <span>${warningLabel(field)}${text}</span>
          </li>`,
      )}
    </ul>
  </div>`;
}

/** The field that a warning is about, as it is called above. */
function warningLabel(field: LaunchWarning['field']): string {
  return field === 'memory' || field === 'disk' || !isFormSetting(field) ? '' : `${settingLabel(field)}: `;
}
