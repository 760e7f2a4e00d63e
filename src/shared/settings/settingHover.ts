import { ENGLISH } from '../common/localizer';
import { wanted } from './settingText';
import { flagOf, type Setting } from './settingTable';

/** Everything that is known of a setting, as Markdown for a hover. */
export function settingHover(name: string, setting: Setting): string {
  const value =
    setting.default === undefined
      ? 'required' in setting && setting.required === true
        ? 'Required.'
        : 'Optional.'
      : `Default: \`${String(setting.default)}\`.`;
  const lines = [
    `${setting.description.slice(0, 1).toUpperCase()}${setting.description.slice(1)}.`,
    `Value: ${wanted(setting, ENGLISH)}. ${value}`,
    ...(setting.changeable === true ? ['A run that is resumed may go on with another value.'] : []),
    `On the command line: \`${flagOf(name, setting)}\``,
  ];
  return lines.join('\n\n');
}
