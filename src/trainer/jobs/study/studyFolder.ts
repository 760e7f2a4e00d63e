import { existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { contentHash } from '../../../node/files/contentHash';
import { readJson, writeJson } from '../../../node/files/jsonFile';
import { studyFileIn, studyRunFolder } from '../../../node/job/studyConfigFile';
import { inputError } from '../../../shared/common/errors';
import { JOB_FILES, JobFile } from '../../../shared/run/job';
import { parseWith } from '../../../shared/common/parse';
import type { RunConfig } from '../../../shared/config/runConfig';
import { pathsOf, replayTexts, textSettingsOf, type CorpusFiles } from '../../../shared/texts/texts';
import { RUN_FILES } from '../../../shared/run/runFolder';
import {
  armConfig,
  plannedRuns,
  StudyFile,
  studySettings,
  armsOf,
  type StudyConfig,
  type StudyFailure,
  type StudyInputs,
  type StudyRun,
  type Variant,
} from '../../../shared/study/study';
import { TensorStore } from '../../safetensors/safetensors';
import { tokenizerIdentity } from '../../../node/model/tokenizerIdentity';
import type { ExecutorDescription } from '../../executor/executor';
import { isObject } from '../../../shared/common/isObject';

const RUNS_FOLDER = 'runs';

/** One of the runs that a study consists of. */
export interface PlannedRun {
  readonly arm: string;
  readonly seed: number;
}

/** The folder of a study: what is done, and that all of it was done in one way. */
export class StudyFolder {
  private readonly runs: StudyRun[];
  private failures: StudyFailure[] = [];
  private readonly createdAt: string;

  private constructor(
    private readonly study: StudyConfig,
    private readonly base: RunConfig,
    private readonly settings: StudyFile['settings'],
    known: StudyFile | undefined,
  ) {
    // Earlier versions took a doubled arm for two, and wrote its runs twice.
    this.runs = (known?.runs ?? []).filter(
      (run, index, all) => all.findIndex(({ arm, seed }) => arm === run.arm && seed === run.seed) === index,
    );
    this.createdAt = known?.createdAt ?? new Date().toISOString();
  }

  /**
   * Makes the folder, or opens it where a study has begun there.
   * @throws AdeptError (input) when what lies there was made with other settings, another model or other texts, or on another engine
   */
  static async open(study: StudyConfig, base: RunConfig, engine: ExecutorDescription): Promise<StudyFolder> {
    const settings = parseWith(
      StudyFile.entries.settings,
      asJson(studySettings(base, study, await inputsOf(base))),
      study.job,
    );
    const file = studyFileIn(study.out);
    const known = knownStudy(study, file, settings);
    const folder = new StudyFolder(study, base, settings, known);
    folder.requireEngine(file, engine);
    mkdirSync(study.out, { recursive: true });
    // From now on nothing else may be mixed with it, done or not.
    folder.write();
    return folder;
  }

  /** In the order in which they are done: seed by seed. */
  get planned(): PlannedRun[] {
    return plannedRuns({ ...this.study, arms: armsOf(this.study) });
  }

  get path(): string {
    return this.study.out;
  }

  get importanceFile(): string {
    return join(this.study.out, RUN_FILES.importance);
  }

  isDone({ arm, seed }: PlannedRun): boolean {
    return this.runs.some((run) => run.arm === arm && run.seed === seed);
  }

  /**
   * Where a run lies or will lie, with its job.
   * @throws AdeptError (input) when it was begun as another job
   */
  jobOf(run: PlannedRun, importance: string): { readonly config: RunConfig; readonly begun: boolean } {
    const out = studyRunFolder(studyFileIn(this.study.out), run);
    const config: RunConfig = { ...armConfig(this.base, this.study, run.arm, run.seed, out), importance };
    const file = join(out, JOB_FILES.job);
    if (!existsSync(file)) {
      return { config, begun: false };
    }
    const { config: other } = parseWith(JobFile, readJson(file), file);
    const what = ({ tune, expand }: RunConfig): unknown => asJson({ tune, expand });
    if (!isDeepStrictEqual(what(other), what(config))) {
      throw inputError(
        `${out}: was begun with other settings: remove this folder to start that run over, or give the arm another name.`,
      );
    }
    return { config, begun: true };
  }

  record(run: StudyRun): void {
    this.runs.push(run);
    this.write();
  }

  recordFailure(failed: StudyFailure): void {
    this.failures = [...this.failures, failed];
    this.write();
  }

  /** What study.json says: runs that are planned first, in their order, then those of arms and seeds that were taken out. */
  get file(): StudyFile {
    const { k, variants, seeds } = this.study;
    const planned = this.planned.flatMap(({ arm, seed }) =>
      this.runs.filter((run) => run.arm === arm && run.seed === seed),
    );
    return {
      format: 'adept.study/1',
      createdAt: this.createdAt,
      ...{ k, arms: armsOf(this.study), variants, seeds, settings: this.settings },
      runs: [...planned, ...this.runs.filter((run) => !planned.includes(run))],
      failures: this.failures,
    };
  }

  /** Seconds of two engines do not compare; what is all done needs none. */
  private requireEngine(file: string, { engine, device }: ExecutorDescription): void {
    const { planned } = this;
    const other = this.runs
      .filter((run) => planned.some(({ arm, seed }) => arm === run.arm && seed === run.seed))
      .map(({ report }) => report.engine)
      .find((of) => of.engine !== engine || of.device !== device);
    if (other !== undefined && !planned.every((run) => this.isDone(run))) {
      throw inputError(
        `${file}: its runs were computed by ${String(other.engine)} on ${String(other.device)}, not by ${engine} on ${device}: give that --engine, or name another folder in "out".`,
      );
    }
  }

  private write(): void {
    writeJson(studyFileIn(this.study.out), this.file);
  }
}

/** What a study.json holds, where there is one. */
function knownStudy(study: StudyConfig, file: string, wanted: StudyFile['settings']): StudyFile | undefined {
  if (!existsSync(file)) {
    const leftovers = [RUNS_FOLDER, RUN_FILES.importance].filter((name) => existsSync(join(study.out, name)));
    if (leftovers.length > 0) {
      throw inputError(
        `${study.out}: holds ${leftovers.join(' and ')}, but no ${basename(file)}, which says how they were made: remove them, or name another folder in "out".`,
      );
    }
    return undefined;
  }
  const known = parseWith(StudyFile, readJson(file), file);
  const { settings, variants, runs } = known;
  const changed = [
    ...differences(settings, wanted),
    ...Object.keys(study.variants).filter(
      (name) =>
        runs.some(({ arm }) => arm === name) &&
        !isDeepStrictEqual(changesOf(variants[name]), changesOf(study.variants[name])),
    ),
  ];
  if (changed.length > 0) {
    throw inputError(
      `${file}: its runs were made with other settings (${changed.join(', ')}): name another folder in "out", or remove ${study.out} to start over.`,
    );
  }
  return known;
}

/** What a variant changes; with which seeds it runs, and whether it is kept, may be said later. */
function changesOf(variant: Variant | undefined): unknown {
  return asJson({ ...variant, seeds: undefined, keep: undefined });
}

/** The keys under which two records differ, those of records within them too. */
function differences(one: Record<string, unknown>, other: Record<string, unknown>): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) => {
    const [was, is] = [one[key], other[key]];
    if (isObject(was) && isObject(is)) {
      return differences(was, is).map((inner) => `${key}.${inner}`);
    }
    return isDeepStrictEqual(was, is) ? [] : [key];
  });
}

async function inputsOf({
  model,
  probe,
  domain,
  replay,
  eval: evaluated,
  choices,
  importance,
}: RunConfig): Promise<StudyInputs> {
  const texts: Record<string, readonly CorpusFiles[] | undefined> = {
    ...{
      probe: [probe],
      domain: [domain],
      replay: replay && replayTexts(replay).map(({ corpus }) => corpus),
    },
    ...{ 'eval.domain': evaluated.domain && [evaluated.domain] },
    ...{ 'eval.general': evaluated.general && [evaluated.general] },
  };
  const files = {
    ...{ 'choices.files': choices?.files, 'choices.examples': choices?.examples },
    importance: importance === undefined ? undefined : [importance],
  };
  const store = TensorStore.open(model);
  store.close();
  const hashes: Record<string, string> = {};
  for (const [name, corpora] of Object.entries(texts)) {
    if (corpora !== undefined) {
      const settings = corpora.flatMap((corpus) => textSettingsOf(corpus) ?? []);
      const hash = await contentHash(corpora.flatMap(pathsOf));
      hashes[name] = settings.length === 0 ? hash : `${hash} ${JSON.stringify(settings)}`;
    }
  }
  for (const [name, list] of Object.entries(files)) {
    if (list !== undefined) {
      hashes[name] = await contentHash(list);
    }
  }
  return {
    model: await contentHash([join(model, 'config.json'), ...store.files]),
    tokenizer: tokenizerIdentity(model),
    ...hashes,
  };
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
