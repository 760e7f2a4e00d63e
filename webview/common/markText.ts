import * as texts from '../../src/shared/run/markText';
import type { RunMark } from '../../src/shared/run/runMark';
import type { ShownMark } from '../../src/shared/webview/run';
import { formatCount } from './format';
import { l10n } from './l10n';

/** What the marks of a kind are called. */
export function markKindText(kind: ShownMark): string {
  const texts: Readonly<Record<ShownMark, string>> = {
    checkpoint: l10n.t('Checkpoints'),
    rate: l10n.t('Rate changes'),
    refresh: l10n.t('Refreshes of importance'),
    resume: l10n.t('Resumes'),
    remedy: l10n.t('Responses to forgetting'),
  };
  return texts[kind];
}

/** What happened, as a title: `Base learning rate changed`. */
export function markTitle(mark: RunMark): string {
  return texts.markTitle(mark, l10n);
}

/** The numbers of it, before → after, a line each. */
export function markDetails(mark: RunMark): string[] {
  return texts.markDetails(mark, { l10n, count: formatCount });
}

/** All of it in one line, for whoever hears it. */
export function markText(mark: RunMark): string {
  return [markTitle(mark), ...markDetails(mark)].join('; ');
}
