import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { applyEdits, modify } from 'jsonc-parser';
import { inputError } from '../../shared/common/errors';
import { omit } from '../../shared/common/omit';
import { parseWith } from '../../shared/common/parse';
import { RunConfig } from '../../shared/config/runConfig';
import { configName } from '../../shared/launch/launchConfig';
import { writeFileAtomic } from '../files/atomicFile';
import { settingsOf } from './changeSettings';
import { RunFolder } from './runFolder';
import { readJob } from '../job/jobFile';
import { readJsonWithComments } from '../job/runConfigFile';

/** What a copy is made from. */
export interface Original {
  readonly run: string;
  /** The *.adept.json that says what the run does; where it says something else by now, or is not there, the run itself does. */
  readonly file?: string | undefined;
  /** Where the copy goes. */
  readonly folder: string;
}

/**
 * Writes a *.adept.json for a new run with the settings of another one. The model of the copy is exported into its own run
 * folder.
 * @returns the file
 * @throws AdeptError (input) when the file exists, or the run is none of a whole job.
 */
export function duplicateConfig(original: Original, name: string): string {
  const copy = join(original.folder, configName(name));
  if (existsSync(copy)) {
    throw inputError(`${copy} exists already: choose another name.`);
  }
  writeFileAtomic(
    copy,
    original.file === undefined ? textOfRun(original.run, name) : textOfFile(original.file, name),
  );
  return copy;
}

/** The text of a file, its comments too, with another run folder. */
function textOfFile(file: string, name: string): string {
  const text = readFileSync(file, 'utf8');
  const { out } = parseWith(RunConfig, readJsonWithComments(file), file);
  const formattingOptions = { insertSpaces: true, tabSize: 2 };
  const edited = applyEdits(text, modify(text, ['out'], besideOf(out, name), { formattingOptions }));
  return applyEdits(edited, modify(edited, ['export', 'out'], undefined, { formattingOptions }));
}

function textOfRun(run: string, name: string): string {
  const job = readJob(run);
  if (job === undefined) {
    throw inputError(
      `${run} was started by "adept tune", so there is no *.adept.json of it to copy: write one, and run that.`,
    );
  }
  const config: RunConfig = {
    ...job.config,
    tune: settingsOf(RunFolder.at(run)),
    out: join(dirname(run), name),
    export: omit(job.config.export, 'out'),
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** The path as it is written, with another last part. */
function besideOf(out: string, name: string): string {
  return out.replace(/[^\\/]+[\\/]*$/, name);
}
