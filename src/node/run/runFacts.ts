import { existsSync } from 'node:fs';
import { messageOf } from '../../shared/common/errors';
import { parseWith } from '../../shared/common/parse';
import { modelName } from '../../shared/model/modelName';
import { JOB_FILES } from '../../shared/run/job';
import { ExpansionManifest } from '../../shared/run/manifest';
import { RUN_FILES } from '../../shared/run/runFolder';
import { NO_NOTES, NOTES_FILE, type WrittenNotes } from '../../shared/run/runNotes';
import { readJob } from '../job/jobFile';
import { fileSignature } from '../files/fileSignature';
import { readJson } from '../files/jsonFile';
import { settingsOf } from './changeSettings';
import { RunFolder } from './runFolder';
import { readNotes } from './runNotes';

/** What the small files of a run folder say for a table of runs. */
export interface RunFacts {
  /** Name of the model that was given. */
  readonly model: string | null;
  /** Layers of the base model that were copied. */
  readonly layers: readonly number[] | null;
  /** Base learning rate. */
  readonly learningRate: number | null;
  readonly notes: WrittenNotes;
  readonly notesProblem: string | null;
}

const FILES = [JOB_FILES.job, RUN_FILES.spec, RUN_FILES.manifest, NOTES_FILE];

/** Reads the facts of runs, and again only when one of their files changed. */
export class RunFactsReader {
  private readonly known = new Map<string, { readonly signature: string; readonly facts: RunFacts }>();

  read(run: string): RunFacts {
    const signature = fileSignature(run, FILES);
    const known = this.known.get(run);
    if (known?.signature === signature) {
      return known.facts;
    }
    const facts = factsOf(run);
    this.known.set(run, { signature, facts });
    return facts;
  }

  /** Forgets all runs but these. */
  keep(runs: readonly string[]): void {
    const wanted = new Set(runs);
    for (const run of this.known.keys()) {
      if (!wanted.has(run)) {
        this.known.delete(run);
      }
    }
  }
}

/** A file that cannot be used says nothing here; the state of its run says that and why. */
function factsOf(run: string): RunFacts {
  const folder = RunFolder.at(run);
  return {
    model: known(() => {
      const path = readJob(run)?.config.model ?? (folder.hasSpec() ? folder.readSpec().model : undefined);
      return path === undefined ? null : modelName(path);
    }),
    layers: known(() => {
      const file = folder.file('manifest');
      return existsSync(file)
        ? parseWith(ExpansionManifest, readJson(file), file).added.map(({ source }) => source)
        : null;
    }),
    learningRate: known(() => settingsOf(folder).learningRate),
    ...notesOf(run),
  };
}

function notesOf(run: string): Pick<RunFacts, 'notes' | 'notesProblem'> {
  try {
    return { notes: readNotes(run), notesProblem: null };
  } catch (error) {
    return { notes: NO_NOTES, notesProblem: messageOf(error) };
  }
}

function known<T>(read: () => T | null): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
