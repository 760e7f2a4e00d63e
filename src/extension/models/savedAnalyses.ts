import { readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { messageOf } from '../../shared/common/errors';
import { ImportanceFile, type ImportanceMode } from '../../shared/method/importance';
import { modelName } from '../../shared/model/modelName';
import { parseWith } from '../../shared/common/parse';
import { readJson } from '../../node/files/jsonFile';

/** A file in which an analysis was saved. */
export interface SavedAnalysis {
  readonly file: string;
  /** When it was written, milliseconds. */
  readonly time: number;
  /** Undefined when the file cannot be read; `problem` says why. */
  readonly summary?: AnalysisSummary;
  readonly problem?: string;
}

export interface AnalysisSummary {
  readonly model: string;
  readonly mode: ImportanceMode;
  readonly sequences: number;
  /** Names of the files of general text and, where it was measured, of domain text. */
  readonly texts: readonly (readonly string[])[];
  readonly baseLoss: number;
  readonly leastImportant: number | undefined;
}

/** Reads which analyses there are, each file once as long as it stays the same. */
export class SavedAnalyses {
  private readonly known = new Map<string, SavedAnalysis>();

  /** The analyses in these folders, the latest first. */
  list(folders: readonly string[]): readonly SavedAnalysis[] {
    const files = folders.flatMap(jsonFilesIn);
    const analyses = files.map((file) => this.read(file));
    for (const file of [...this.known.keys()]) {
      if (!files.includes(file)) {
        this.known.delete(file);
      }
    }
    return analyses.sort((a, b) => b.time - a.time || a.file.localeCompare(b.file));
  }

  private read(file: string): SavedAnalysis {
    const time = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const known = this.known.get(file);
    if (known?.time === time) {
      return known;
    }
    const analysis = readAnalysis(file, time);
    this.known.set(file, analysis);
    return analysis;
  }
}

function jsonFilesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .map((name) => join(folder, name));
  } catch {
    // Nothing was analyzed yet.
    return [];
  }
}

function readAnalysis(file: string, time: number): SavedAnalysis {
  try {
    const { model, mode, probe, domain, baseLoss, layers } = parseWith(ImportanceFile, readJson(file), file);
    const least = layers.reduce<(typeof layers)[number] | undefined>(
      (a, b) => (a === undefined || b.importance < a.importance ? b : a),
      undefined,
    );
    return {
      file,
      time,
      summary: {
        model: resolve(model.path),
        mode,
        sequences: probe.sequences,
        texts: [probe, ...(domain === undefined ? [] : [domain.probe])].map(({ sources }) =>
          sources.map((source) => basename(source)),
        ),
        baseLoss,
        leastImportant: least?.index,
      },
    };
  } catch (error) {
    return { file, time, problem: messageOf(error) };
  }
}

/** The file of a new analysis: `<model>-<time>.json`, such as `SmolLM2-135M-20260102-030405.json`. */
export function newAnalysisFile(folder: string, model: string, now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return join(folder, `${modelName(model)}-${stamp}.json`);
}
