import { flagOf } from './settingTable';

/** How errors call a setting: by its option on the command line, or by its key in a file. */
export interface Naming {
  /** What an error about the setting begins with. */
  label(key: string): string;
  /** The setting by itself. */
  name(key: string): string;
}

const OPTIONS: Readonly<Record<string, string>> = {
  'eval.domain': '--eval',
  'eval.general': '--eval-general',
  'choices.files': '--data',
  'answers.prompts': '--answers',
};

/** Settings as options: the last part of the key in kebab case, where it has no other name. */
export const AS_OPTIONS: Naming = { label: optionOf, name: optionOf };

/** Settings as keys of a file. */
export function asKeysOf(file: string): Naming {
  return { label: (key) => `${file}: "${key}"`, name: (key) => `"${key}"` };
}

function optionOf(key: string): string {
  return OPTIONS[key] ?? flagOf(key.split('.').at(-1) ?? key);
}
