import type { ToPlayground } from '../../src/shared/webview/playground';
import { l10n } from '../common/l10n';

type Shown = Pick<Extract<ToPlayground, { type: 'show' }>, 'process' | 'round' | 'isAnswering'>;

/** What is being done or has just been done, for everybody who listens: seldom, since it is read out. */
export function statusText({ process, round, isAnswering }: Shown): string {
  if (round === null || (!isAnswering && process.state === 'idle')) {
    return process.state === 'idle'
      ? l10n.t(
          'Nothing was asked for a while, so the models were unloaded; the next prompt loads them again.',
        )
      : '';
  }
  if (!isAnswering) {
    const answered = round.columns.filter(({ end }) => end !== null && end !== 'stopped').length;
    return answered === round.columns.length
      ? l10n.t('Answered.')
      : round.columns.some(({ end }) => end === 'stopped')
        ? l10n.t('Stopped; what was said is kept.')
        : '';
  }
  const now = round.columns.find(({ state }) => state !== 'ended' && state !== 'waiting');
  switch (now?.state) {
    case 'loading':
      return l10n.t('{0} is being loaded…', now.name);
    case 'reading':
      return l10n.t('{0} reads the prompt…', now.name);
    case 'answering':
      return l10n.t('{0} answers…', now.name);
    case 'waiting':
    case 'ended':
    case undefined:
      return l10n.t('Starting…');
  }
}
