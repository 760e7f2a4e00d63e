import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AdeptError, inputError } from '../../shared/common/errors';
import type { ImportanceFile } from '../../shared/method/importance';
import type { ExpansionManifest } from '../../shared/run/manifest';
import { parseWith } from '../../shared/common/parse';
import { checkpointStep, RUN_FILES, RunSpec, TrainerFile } from '../../shared/run/runFolder';
import { errorCode, writeError } from '../files/fileError';
import { readJson, writeJson } from '../files/jsonFile';
import { ensureEmptyFolder } from '../files/outputFolder';
import { removeLeftovers } from '../process/leftovers';

/** A run folder on disk. Every file in it appears whole, by a rename. */
export class RunFolder {
  private constructor(readonly path: string) {}

  /**
   * Makes a run folder with the file that makes it one, which `write` writes; when that fails nothing of it is left. `label` begins
   * errors.
   * @throws AdeptError (input) when the folder exists and is not empty, or cannot be written.
   */
  static create(path: string, label: string, write: (folder: RunFolder) => void): RunFolder {
    const folder = new RunFolder(resolve(path));
    const undo = ensureEmptyFolder(folder.path, label);
    try {
      makeFolder(folder.file('checkpoints'));
      write(folder);
      return folder;
    } catch (error) {
      undo();
      throw error;
    }
  }

  /** A folder that is known to belong to a job, whether it has come to tuning or not. */
  static at(path: string): RunFolder {
    return new RunFolder(resolve(path));
  }

  /** @throws AdeptError (input) when there is no run in it. */
  static open(path: string): RunFolder {
    const folder = new RunFolder(resolve(path));
    if (!existsSync(folder.file('spec'))) {
      throw inputError(
        `${folder.file('spec')} is missing: ${folder.path} is not a run folder; name one that "adept tune" or "adept run" made.`,
      );
    }
    return folder;
  }

  file(name: keyof typeof RUN_FILES): string {
    return join(this.path, RUN_FILES[name]);
  }

  hasSpec(): boolean {
    return existsSync(this.file('spec'));
  }

  readSpec(): RunSpec {
    return parseWith(RunSpec, readJson(this.file('spec')), this.file('spec'));
  }

  writeSpec(spec: RunSpec): void {
    writeJson(this.file('spec'), spec);
  }

  writeManifest(manifest: ExpansionManifest): void {
    writeJson(this.file('manifest'), manifest);
  }

  writeImportance(importance: ImportanceFile): void {
    writeJson(this.file('importance'), importance);
  }

  /** The trainer that works on the run, or did; undefined when none ever started. */
  readTrainer(): TrainerFile | undefined {
    const file = this.file('trainer');
    try {
      return parseWith(TrainerFile, readJson(file), file);
    } catch (error) {
      // It may go at any moment: a trainer that claims the run takes a dead one's file away.
      if (error instanceof AdeptError && errorCode(error.cause) === 'ENOENT') {
        return undefined;
      }
      throw error;
    }
  }

  writeTrainer(trainer: TrainerFile): void {
    writeJson(this.file('trainer'), trainer);
  }

  /** Steps of the complete checkpoints, ascending. */
  checkpoints(): number[] {
    const folder = this.file('checkpoints');
    const names = existsSync(folder) ? readdirSync(folder) : [];
    return names.flatMap((name) => checkpointStep(name) ?? []).sort((a, b) => a - b);
  }

  /** Removes what a kill left half-written: parts of a checkpoint, and temporary files. */
  removeLeftovers(): void {
    const checkpoints = this.file('checkpoints');
    const partial = existsSync(checkpoints)
      ? readdirSync(checkpoints).filter((name) => name.startsWith('.'))
      : [];
    for (const name of partial) {
      rmSync(join(checkpoints, name), { recursive: true, force: true });
    }
    removeLeftovers(this.path);
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw writeError(path, error);
  }
}
