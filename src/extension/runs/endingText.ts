import type { Localizer } from '../../shared/common/localizer';
import { howItEnded } from '../process/commandJob';
import type { Exit } from '../process/detachedChild';
import type { LastLogLines } from './launcher';
import { endingOf, nameOf, type RunEntry } from './runEntry';
import { nats, stepsText } from './runText';

/** What the person is told when a run has ended. */
export interface EndingText {
  readonly severity: 'quiet' | 'information' | 'error';
  readonly text: string;
}

/**
 * @param exit how its process ended, where this host saw it
 * @param words what the process left in the log
 */
export function endingText(
  run: RunEntry,
  exit: Exit | undefined,
  words: LastLogLines,
  l10n: Localizer,
): EndingText {
  const name = nameOf(run);
  const { status } = run;
  switch (endingOf(run)) {
    case 'done':
      return { severity: 'information', text: doneText(name, status, l10n) };
    case 'stopped':
      return stoppedText(run, name, l10n);
    case 'failed':
      return { severity: 'error', text: l10n.t('{0} failed: {1}', name, status?.error ?? '') };
    case 'died':
      return {
        severity: 'error',
        text: l10n.t('{0}, step {1}: {2}', name, stepOf(run), howItEnded(exit) + linesText(words, l10n)),
      };
    case 'notStarted':
      return {
        severity: 'error',
        text: l10n.t(
          '{0} did not start: {1}',
          name,
          words.message ?? howItEnded(exit) + linesText(words, l10n),
        ),
      };
    case 'unreadable':
      return { severity: 'error', text: l10n.t('{0} can no longer be read: {1}', name, run.problem ?? '') };
  }
}

/** What somebody stopped needs no words; a run that stopped by itself does. */
function stoppedText(run: RunEntry, name: string, l10n: Localizer): EndingText {
  const because = run.status?.because ?? null;
  return because === null
    ? { severity: 'quiet', text: l10n.t('{0} is stopped at step {1}.', name, stepOf(run)) }
    : {
        severity: 'information',
        text: l10n.t('{0} stopped at step {1}: {2}.', name, stepOf(run), because),
      };
}

function stepOf({ status }: RunEntry): string {
  return status === undefined ? '0' : stepsText(status);
}

function doneText(name: string, status: RunEntry['status'], l10n: Localizer): string {
  const { before, domainLoss, generalLoss } = status ?? {};
  const change = (from: number | null | undefined, to: number | null | undefined): string =>
    `${nats(from)} → ${nats(to)}`;
  return l10n.t(
    '{0} is done: domain loss {1}, general loss {2}.',
    name,
    change(before?.domainLoss, domainLoss),
    change(before?.generalLoss, generalLoss),
  );
}

function linesText({ lines }: LastLogLines, l10n: Localizer): string {
  return lines.length === 0
    ? ''
    : ` ${l10n.t('The last lines of its log: {0}', lines.slice(-4).join(' | '))}`;
}
