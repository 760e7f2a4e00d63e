import { html, nothing, type TemplateResult } from 'lit';
import type { FromRuns, QueueRow, ShownQueue } from '../../src/shared/webview/runs';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';

export interface QueueContent {
  readonly queue: ShownQueue;
  readonly trusted: boolean;
  readonly post: (message: Extract<FromRuns, { type: 'queue' | 'queued' }>) => void;
}

/** The runs that start one after the other; nothing where there are none. */
export function queueView(content: QueueContent): TemplateResult | typeof nothing {
  const { queue, trusted, post } = content;
  const { rows, paused, problem } = queue;
  if (rows.length === 0 && problem === null) {
    return nothing;
  }
  const isOver = rows.every(({ state }) => state === 'ended');
  return html`<section class="queue" aria-label=${l10n.t('Queue')}>
    <div class="ticked-title">
      <h2>${l10n.t('Queue')}</h2>
      ${
        !trusted || isOver
          ? nothing
          : pushButton({
              text: paused ? l10n.t('Continue Queue') : l10n.t('Pause Queue'),
              act: () => {
                post({ type: 'queue', how: paused ? 'continue' : 'pause' });
              },
            })
      }
      ${
        trusted && rows.some(({ state }) => state === 'ended')
          ? pushButton({
              text: l10n.t('Clear Ended'),
              act: () => {
                post({ type: 'queue', how: 'clear' });
              },
            })
          : nothing
      }
    </div>
    ${problem === null ? nothing : html`<p class="notice error" role="alert">${problem}</p>`}
    <p class="muted" role="status">${stateOf(queue)}</p>
    <ol>
      ${rows.map((row) => item(row, content))}
    </ol>
  </section>`;
}

/** What happens next, and what it depends on. */
function stateOf({ rows, paused, waitsFor }: ShownQueue): string {
  const active = rows.find(({ state }) => state === 'starting' || state === 'running');
  const hasNext = rows.some(({ state }) => state === 'waiting');
  if (!hasNext) {
    return active === undefined ? l10n.t('Everything has ended.') : l10n.t('This is the last one.');
  }
  if (paused) {
    return l10n.t('Paused: nothing more is started until you continue. What is active goes on.');
  }
  const where = l10n.t('The next run starts only while a window with this workspace is open.');
  return waitsFor.length === 0 ? where : `${l10n.t('Waits for {0}.', waitsFor.join(', '))} ${where}`;
}

function item(row: QueueRow, { queue, trusted, post }: QueueContent): TemplateResult {
  const waiting = queue.rows.filter(({ state }) => state === 'waiting');
  const at = waiting.indexOf(row);
  const button = (
    how: 'up' | 'down' | 'remove',
    icon: string,
    text: string,
    enabled: boolean,
  ): TemplateResult =>
    pushButton({
      icon,
      label: text,
      title: text,
      disabled: !enabled,
      act: () => {
        post({ type: 'queued', id: row.id, how });
      },
    });
  return html`<li class="queue-${row.state}">
    <span class="queue-name" title=${row.path}>${row.name}</span>
    <span class="queue-state">${itemText(row)}</span>
    ${
      !trusted || row.state === 'starting' || row.state === 'running'
        ? nothing
        : html`<span class="queue-buttons">
            ${
              row.state === 'waiting'
                ? [
                    button('up', 'arrow-up', l10n.t('Move {0} up', row.name), at > 0),
                    button('down', 'arrow-down', l10n.t('Move {0} down', row.name), at < waiting.length - 1),
                  ]
                : nothing
            }
            ${button('remove', 'close', l10n.t('Remove {0} from the queue', row.name), true)}
          </span>`
    }
  </li>`;
}

function itemText({ kind, state, ending }: QueueRow): string {
  switch (state) {
    case 'waiting':
      return kind === 'start' ? l10n.t('waits to start') : l10n.t('waits to go on');
    case 'starting':
      return l10n.t('starting');
    case 'running':
      return l10n.t('active');
    case 'ended':
      return ending === null || ending.text === '' ? l10n.t('folder is gone') : ending.text;
  }
}
