import type { RowAction } from '../../src/shared/runs/runRow';
import type { RunColumn } from '../../src/shared/runs/runTable';
import { durationText } from '../../src/shared/common/durationText';
import { l10n } from '../common/l10n';
import { pageData } from '../common/pageData';

export function columnText(column: RunColumn): string {
  const texts: Readonly<Record<RunColumn, string>> = {
    name: l10n.t('Run'),
    state: l10n.t('State'),
    model: l10n.t('Model'),
    layers: l10n.t('Layers'),
    learningRate: l10n.t('Rate'),
    steps: l10n.t('Steps'),
    domainChange: l10n.t('Domain loss'),
    generalChange: l10n.t('General loss'),
    seconds: l10n.t('Time'),
    startedAt: l10n.t('Started'),
    tags: l10n.t('Tags'),
    note: l10n.t('Note'),
  };
  return texts[column];
}

/** What a heading leaves open. */
export function columnHint(column: RunColumn): string | undefined {
  switch (column) {
    case 'layers':
      return l10n.t('The layers of the base model that were copied; sorted by how many');
    case 'learningRate':
      return l10n.t('Base learning rate in force');
    case 'domainChange':
    case 'generalChange':
      return l10n.t('Change since the evaluation before the first step, nats per token');
    case 'seconds':
      return l10n.t(
        'From the start of the run to its last event, with pauses, without the time between two trainers',
      );
    case 'name':
    case 'state':
    case 'model':
    case 'steps':
    case 'startedAt':
    case 'tags':
    case 'note':
      return undefined;
  }
}

export function actionText(action: RowAction): string {
  const texts: Readonly<Record<RowAction, string>> = {
    open: l10n.t('Open'),
    rename: l10n.t('Rename…'),
    share: l10n.t('Share Report…'),
    duplicate: l10n.t('Duplicate…'),
    resume: l10n.t('Resume'),
    queue: l10n.t('Add to Queue'),
    delete: l10n.t('Delete…'),
  };
  return texts[action];
}

/** `3.4 min`; a dash for what is not known. */
export function timeText(seconds: number | null): string {
  return seconds === null
    ? '–'
    : durationText(
        seconds,
        (options) => new Intl.NumberFormat(pageData().locale, { ...options, unitDisplay: 'short' }),
      );
}

/** Date and time to the minute; a dash for what is not known. */
export function startText(time: string | null): string {
  return time === null
    ? '–'
    : new Date(time).toLocaleString(pageData().locale, { dateStyle: 'short', timeStyle: 'short' });
}
