import { FORM_COMPUTE } from '../../src/shared/launch/computeForm';
import {
  FORM_FILES,
  FORM_SETTINGS,
  FORM_TEXT_SETTINGS,
  type FormField,
  type FormFiles,
  type FormReading,
} from '../../src/shared/launch/launchForm';
import type { KnownText, ToHeatmap } from '../../src/shared/webview/heatmap';
import type { LaunchState } from './launchFormView';

type Checked = Extract<ToHeatmap, { type: 'checked' }>;

/** What is known of a launch beside what the form says: which fields were visited, and what the host found. */
export class LaunchModel {
  state: LaunchState = { kind: 'idle' };
  private readonly visited = new Set<FormField>();
  private readonly fileProblems = new Map<string, string | null>();
  private readonly texts = new Map<string, KnownText>();
  private name: Checked['name'] | undefined;

  visit(field: FormField): void {
    this.visited.add(field);
    this.state = { kind: 'idle' };
  }

  /** Somebody wants to launch: from now on every problem shows. */
  visitAll(): void {
    for (const field of [
      'name',
      ...FORM_FILES,
      ...FORM_SETTINGS,
      ...FORM_TEXT_SETTINGS,
      ...FORM_COMPUTE,
    ] as const) {
      this.visit(field);
    }
  }

  learn({ name, files, texts }: Checked): void {
    this.name = name;
    for (const { path, problem } of files) {
      this.fileProblems.set(path, problem);
    }
    for (const text of texts) {
      this.texts.set(keyOf(text.files), text);
    }
  }

  /** What the host knows of the texts that the form names now. */
  known({ files }: FormReading): ReadonlyMap<FormFiles, KnownText> {
    return new Map(
      FORM_FILES.flatMap((field): [FormFiles, KnownText][] => {
        const text = this.texts.get(keyOf(files[field]));
        return text === undefined ? [] : [[field, text]];
      }),
    );
  }

  /** Everything that stands against a launch. */
  problems(reading: FormReading): ReadonlyMap<FormField, string> {
    return new Map([...this.hostProblems(reading), ...reading.problems]);
  }

  /** Of these, what is to be shown: empty fields that nobody has been to are no fault yet; files that are missing are. */
  shownProblems(reading: FormReading): ReadonlyMap<FormField, string> {
    const typed = [...reading.problems].filter(([field]) => this.visited.has(field));
    return new Map([...this.hostProblems(reading), ...typed]);
  }

  private hostProblems(reading: FormReading): [FormField, string][] {
    const ofFiles = FORM_FILES.flatMap((field): [FormField, string][] => {
      const found = reading.files[field]
        .map((path) => this.fileProblems.get(path))
        .find((problem) => typeof problem === 'string');
      return typeof found === 'string' ? [[field, found]] : [];
    });
    const { name } = this;
    return name !== undefined && name.problem !== null && name.text === reading.name
      ? [['name', name.problem], ...ofFiles]
      : ofFiles;
  }
}

function keyOf(files: readonly string[]): string {
  return files.join('\n');
}
