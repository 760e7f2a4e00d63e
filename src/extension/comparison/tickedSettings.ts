import { messageOf } from '../../shared/common/errors';
import type { TickedComparison } from '../../shared/webview/runs';
import { readComparedSettings } from './comparedRun';
import { type ComparedSettings, settingDifferences } from './runComparison';

const UNREADABLE: ComparedSettings = { settings: {}, expanded: undefined };

/** The settings in which runs differ; what is wrong with one does not hide the others. */
export function compareSettings(paths: readonly string[]): TickedComparison {
  const problems: string[] = [];
  const settings = paths.map((path) => {
    try {
      return readComparedSettings(path);
    } catch (error) {
      problems.push(messageOf(error));
      return UNREADABLE;
    }
  });
  const differences = settingDifferences(settings).map(({ name, values }) => ({ name, values: [...values] }));
  return { paths: [...paths], differences, problems };
}
