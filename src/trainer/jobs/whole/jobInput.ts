import { statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Naming } from '../../../shared/settings/naming';
import type { RunConfig } from '../../../shared/config/runConfig';
import { requireEmptyFolder } from '../../../node/files/outputFolder';
import { TensorStore } from '../../safetensors/safetensors';
import { loadQuestions } from '../../data/reading/questions';
import { readModelOutline, requireComputable } from '../../../node/model/modelConfig';
import { checkTensors } from '../../checkpoint/modelTensors';
import { checkCount } from '../../../shared/method/layerChoice';
import { checkStable, watching } from '../measure/analyze';
import { chooseLayers } from '../model/expand';
import { CorpusReader } from '../texts/corpora';
import { readImportanceOf } from '../measure/importanceInput';
import { readCorpora, type TuneCorpora } from '../texts/tuneCorpora';
import { checkAsked } from '../tune/checkAsked';
import { checkTogether } from '../tune/tuneInput';
import { inputError } from '../../../shared/common/errors';
import { pathsOf, replayTexts, withTextSettings } from '../../../shared/texts/texts';
import type { RunSpec } from '../../../shared/run/runFolder';
import type { Task } from '../../task';

/**
 * Reads and checks everything that a whole job will need, before the first of its hours.
 * @returns the texts of its run, where they are small enough to be read beforehand
 * @throws AdeptError (input) naming file and key.
 */
export async function checkJob(
  config: RunConfig,
  naming: Naming,
  task: Task,
): Promise<TuneCorpora | undefined> {
  const model = requireComputable(config.model, config.engine);
  const store = TensorStore.open(config.model);
  try {
    checkTensors(config.model, model, store);
  } finally {
    store.close();
  }
  if (config.importance !== undefined) {
    readImportanceOf(config.importance, config.model);
  }
  if (config.importance === undefined) {
    checkStable(jobAnalysis(config), model.numHiddenLayers, naming);
  }
  checkTogether(config.tune, naming);
  const corpora = readsLater(config) ? undefined : await readJobTexts(config, naming, task);
  checkChoice(config, model.numHiddenLayers, naming);
  if (config.choices) {
    const { files, examples, shots } = config.choices;
    loadQuestions(files, naming.label('choices.files'));
    if (examples !== undefined) {
      loadQuestions(examples, naming.label('choices.examples'));
    } else if (shots !== undefined && shots > 0) {
      throw inputError(
        `${naming.label('choices.shots')}: needs ${naming.name('choices.examples')}: name answered questions.`,
      );
    }
    new CorpusReader(config.model, model, task).openTokenizer();
  }
  checkAsked(config, naming);
  if (config.tune.full && (config.export.alpha ?? 1) !== 1) {
    throw inputError(
      `${naming.label('export.alpha')}: with ${naming.name('tune.full')} every parameter is tuned, so there are no added layers to scale: leave it out.`,
    );
  }
  if (config.export.out !== undefined) {
    checkExport(config.export.out, config.out, naming);
  }
  return corpora;
}

/** Bytes of texts that are read before a run begins, so that what is wrong with them leaves nothing behind. */
const SMALL_TEXTS = 32e6;

/** Whether reading a job's texts takes so long that the run itself has to show it. */
export function readsLater({ probe, domain, replay, eval: evaluated }: RunConfig): boolean {
  const texts = [
    ...[probe, domain, evaluated.domain ?? [], evaluated.general ?? []],
    ...replayTexts(replay ?? []).map(({ corpus }) => corpus),
  ];
  const files = texts.flatMap(pathsOf);
  return (
    files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0) > SMALL_TEXTS
  );
}

/** Reads all texts of a job. @returns those of its run @throws AdeptError (input) naming file and key */
export async function readJobTexts(config: RunConfig, naming: Naming, task: Task): Promise<TuneCorpora> {
  const reader = new CorpusReader(config.model, readModelOutline(config.model), task);
  await reader.read(config.probe, config.analyze, naming.label('probe'), naming.name('analyze.seqLen'));
  return readCorpora(
    { ...config, ...configTexts(config), format: 'adept.run/1', createdAt: '' },
    naming,
    task,
  );
}

/** The texts of a job, as its run's specification has them: each with all of its settings. */
export function configTexts({
  probe,
  domain,
  replay,
  eval: evaluated,
}: RunConfig): Pick<RunSpec, 'probe' | 'domain' | 'replay' | 'eval'> {
  return {
    ...{ probe: withTextSettings(probe), domain: withTextSettings(domain) },
    ...(replay
      ? {
          replay: replayTexts(replay).map(({ corpus, weight }) => ({ ...withTextSettings(corpus), weight })),
        }
      : {}),
    eval: {
      ...(evaluated.domain ? { domain: withTextSettings(evaluated.domain) } : {}),
      ...(evaluated.general ? { general: withTextSettings(evaluated.general) } : {}),
    },
  };
}

/** How the model of a job is analyzed: an early end watches as many layers as will be expanded, where that is known. */
export function jobAnalysis({ model, analyze, expand }: RunConfig): RunConfig['analyze'] {
  const count = 'lowest' in expand ? expand.lowest : 'contrast' in expand ? expand.contrast : undefined;
  return watching(analyze, count, readModelOutline(model).numHiddenLayers);
}

/** What is chosen by importance can be chosen once that is measured, or was. */
function checkChoice({ expand, importance, model }: RunConfig, layers: number, naming: Naming): void {
  if (importance === undefined && 'lowest' in expand) {
    checkCount(expand.lowest, layers, naming.label('expand.lowest'));
  } else if (importance === undefined && 'contrast' in expand) {
    checkCount(expand.contrast, layers, naming.label('expand.contrast'));
  } else {
    chooseLayers(expand, model, importance, naming);
  }
}

/** The export has to find its folder empty when all else is done. */
function checkExport(exported: string, out: string, naming: Naming): void {
  const label = naming.label('export.out');
  requireEmptyFolder(exported, label);
  if (isWithin(exported, resolve(out))) {
    throw inputError(
      `${label}: ${exported} is, or holds, the run folder that ${naming.name('out')} names: name another folder.`,
    );
  }
}

function isWithin(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}
