import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { CONTROL_COMMANDS } from '../../src/shared/run/protocol';
import type { RunCommand, RunSummary } from '../../src/shared/webview/run';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { offeredAtEnd, type CommandActions } from './runEnding';
import { commandText } from './runText';

const ACTING: readonly RunCommand[] = [...CONTROL_COMMANDS, 'export'];
const OPENING: readonly RunCommand[] = ['openConfig', 'openFolder', 'openLog', 'shareReport'];
const ICONS: Readonly<Record<RunCommand, string>> = {
  pause: 'debug-pause',
  resume: 'debug-continue',
  stop: 'debug-stop',
  checkpoint: 'save',
  setLearningRate: 'edit',
  export: 'export',
  runAgain: 'debug-rerun',
  delete: 'trash',
  openConfig: 'settings-gear',
  openFolder: 'folder-opened',
  openLog: 'output',
  shareReport: 'share',
};

/** What can be asked of a run, and what of it can be opened. */
export function headerButtons(summary: RunSummary, actions: CommandActions): TemplateResult {
  // Pause and Resume share a position: the one that can be done now.
  const paused = !summary.enabled.includes('pause') && summary.enabled.includes('resume');
  const acting = ACTING.filter(
    (command) => command !== (paused ? 'pause' : 'resume') && hasButton(summary, command),
  );
  return html`<div class="toolbar" role="group" aria-label=${l10n.t('Run')}>
    ${acting.length === 0 ? nothing : group(acting, '', summary, actions)}
    ${group(OPENING, 'quiet', summary, actions)}
  </div>`;
}

/**
 * What a run that has ended can never be asked again has no place, since it would push the curves down; what is offered beside
 * the cause has none twice.
 */
function hasButton(summary: RunSummary, command: RunCommand): boolean {
  const { state, enabled, pending } = summary;
  const goesOn = ['running', 'paused', 'starting', 'waiting'].includes(state);
  const canBeAsked = enabled.includes(command) || pending === command;
  return goesOn || (canBeAsked && !offeredAtEnd(summary).includes(command));
}

function group(
  commands: readonly RunCommand[],
  look: string,
  summary: RunSummary,
  actions: CommandActions,
): TemplateResult {
  return html`<div class="group ${look}">
    ${repeat(
      commands,
      // An element that has the focus becomes no other command, but for the two that share a position.
      (command) => (command === 'resume' ? 'pause' : command),
      (command) => button(summary, command, actions),
    )}
  </div>`;
}

function button(
  { enabled, pending, state }: RunSummary,
  command: RunCommand,
  actions: CommandActions,
): TemplateResult {
  const isPending = pending === command;
  const text = commandText(command);
  return pushButton({
    text: html`<span class="button-text">${text}</span>`,
    title: OPENING.includes(command) ? text : undefined,
    icon: isPending ? 'loading codicon-modifier-spin' : ICONS[command],
    primary: command === 'resume' && (state === 'paused' || state === 'stopped'),
    command,
    disabled: !enabled.includes(command),
    busy: isPending,
    act: () => {
      actions.command(command);
    },
  });
}
