import type { RunPast } from '../../node/run/runPast';
import { messageOf } from '../../shared/common/errors';
import type { Localizer } from '../../shared/common/localizer';
import type { TickedComparison } from '../../shared/webview/runs';
import { readComparedSettings } from './comparedRun';
import { type ComparedSettings, settingDifferences } from './runComparison';

const UNREADABLE: ComparedSettings = { settings: {}, expanded: undefined };

/** The settings in which runs differ; what is wrong with one does not hide the others. */
export function compareSettings(
  paths: readonly string[],
  pastOf: (path: string) => Pick<RunPast, 'rateChanges'> | undefined,
  l10n: Localizer,
): TickedComparison {
  const problems: string[] = [];
  const settings = paths.map((path) => {
    try {
      return readComparedSettings(path, pastOf(path)?.rateChanges);
    } catch (error) {
      problems.push(messageOf(error));
      return UNREADABLE;
    }
  });
  const differences = settingDifferences(settings, l10n).map(({ name, values }) => ({
    name,
    values: [...values],
  }));
  return { paths: [...paths], differences, problems };
}
