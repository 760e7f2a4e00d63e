import { type LogLine } from '../../src/shared/webview/run';
import { LOG_LEVELS, type LogLevel } from '../../src/shared/run/runFolder';

/** The lines of a level or a graver one that hold every word of the filter, whatever its case. */
export function filteredLog(lines: readonly LogLine[], filter: string, level: LogLevel): readonly LogLine[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const least = LOG_LEVELS.indexOf(level);
  if (words.length === 0 && least === 0) {
    return lines;
  }
  return lines.filter((line) => {
    const text = line.text.toLowerCase();
    return LOG_LEVELS.indexOf(line.level) >= least && words.every((word) => text.includes(word));
  });
}
