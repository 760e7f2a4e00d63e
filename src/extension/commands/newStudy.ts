import { existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import * as vscode from 'vscode';
import { readRunConfig } from '../../node/job/runConfigFile';
import { STUDY_ENDING } from '../../node/job/studyConfigFile';
import { readHeatmapFile } from '../../node/model/analysisFile';
import { readModelOutline } from '../../node/model/modelConfig';
import { durationText } from '../../shared/common/durationText';
import { messageOf } from '../../shared/common/errors';
import { numberOfText } from '../../shared/common/numberText';
import type { RunConfig } from '../../shared/config/runConfig';
import { proposedCount } from '../../shared/launch/studiedSettings';
import { armsOfJob, FIRST_ARMS, layersOfJob, newStudyText } from '../../shared/study/newStudy';
import { armMeaning, type ArmName } from '../../shared/study/study';
import { armSeconds, type StudiedModel } from '../../shared/study/studyTime';
import { pathOf } from '../control/arguments';
import type { Services } from '../services/services';
import { freePath } from '../window/freePath';
import { askOne } from '../window/multiStep';
import { activeConfig, pickConfig, saveOpen } from './openConfig';
import { askText } from '../window/questions';

const SEEDS = 3;
const MOST_SEEDS = 20;

/**
 * Writes a *.study.json that runs the job of a *.adept.json with several methods and seeds, and shows it.
 * @returns the file
 */
export async function run(services: Services, argument?: unknown): Promise<string> {
  const { l10n } = vscode;
  const title = l10n.t('New Study');
  const job = resolve(pathOf(argument) ?? activeConfig() ?? (await pickConfig(title)));
  await saveOpen(job);
  const config = readRunConfig(job);
  const arms = await askForArms(title, config);
  const k = layersOfJob(config) ?? proposedCount(readModelOutline(config.model).numHiddenLayers);
  const analysis = await analysisOf(services, config.model);
  const seconds = analysis && armSeconds(arms, config, k, analysis);
  const seeds = await askForSeeds(title, { arms: arms.length, config, seconds });
  const name = freeName(dirname(job), basename(job).replace(/\.adept\.json$/, ''));
  const file = join(dirname(job), `${name}${STUDY_ENDING}`);
  writeFileSync(file, newStudyText({ job: basename(job), out: outOf(name), k, arms, seeds }), { flag: 'wx' });
  await vscode.window.showTextDocument(vscode.Uri.file(file));
  void vscode.window.showInformationMessage(extentText({ arms: arms.length, config, seconds }, seeds));
  return file;
}

/** What one seed of a study takes. */
interface Extent {
  readonly arms: number;
  readonly config: RunConfig;
  /** Of training, in seconds; undefined where that is not known. */
  readonly seconds: number | undefined;
}

/** A name that neither a file nor a folder of a study has. */
function freeName(folder: string, name: string): string {
  return freePath(name, (candidate) =>
    [`${candidate}${STUDY_ENDING}`, outOf(candidate)].every((path) => !existsSync(join(folder, path))),
  );
}

/** The folder of the runs, beside the file. */
function outOf(name: string): string {
  return `${name}-study`;
}

async function askForArms(title: string, config: RunConfig): Promise<readonly ArmName[]> {
  const { l10n } = vscode;
  const picked = await askOne(title, {
    placeholder: l10n.t('The methods to compare; each runs the whole job with each seed'),
    items: armsOfJob(config).map((arm) => ({ arm, label: arm, description: armMeaning(arm, l10n) })),
    isChosen: ({ arm }) => FIRST_ARMS.includes(arm),
    many: true,
  });
  return picked.map(({ arm }) => arm);
}

/** The latest analysis of the model; undefined where there is none that can be read. */
async function analysisOf({ models, log }: Services, model: string): Promise<StudiedModel | undefined> {
  await models.found();
  const [latest] = models.get(resolve(model))?.analyses ?? [];
  if (latest?.summary === undefined) {
    return undefined;
  }
  try {
    return readHeatmapFile(latest.file);
  } catch (error) {
    log.warn(messageOf(error));
    return undefined;
  }
}

async function askForSeeds(title: string, extent: Extent): Promise<number> {
  const { l10n } = vscode;
  const problem = l10n.t('Give a whole number from 1 to {0}.', MOST_SEEDS);
  const text = await askText({
    title,
    value: String(SEEDS),
    // What a check says is shown only after something was typed.
    prompt: `${l10n.t('Seeds: orders of the text, with each of which every method runs')}. ${extentText(extent, SEEDS)}`,
    validateInput: (value) => {
      const count = seedsOf(value);
      return count === undefined
        ? problem
        : { message: extentText(extent, count), severity: vscode.InputBoxValidationSeverity.Info };
    },
  });
  if (text === undefined) {
    throw new vscode.CancellationError();
  }
  return seedsOf(text) ?? SEEDS;
}

/** How many runs that are, of how many steps, and how long they take. */
function extentText({ arms, config, seconds }: Extent, seeds: number): string {
  const { l10n } = vscode;
  const runs = l10n.t(
    '{0} runs of {1} steps: {2} methods with {3} seeds.',
    arms * seeds,
    config.tune.steps,
    arms,
    seeds,
  );
  if (seconds === undefined) {
    return `${runs} ${l10n.t('How long they take is known once the model was analyzed.')}`;
  }
  const time = durationText(
    seconds * seeds,
    (options) => new Intl.NumberFormat(vscode.env.language, options),
  );
  const onTop =
    config.answers === undefined && config.evalTasks === undefined
      ? l10n.t('evaluations come on top')
      : l10n.t('evaluations, answers and scores come on top');
  return `${runs} ${l10n.t('Their training takes about {0}, as the analysis of the model measured; {1}.', time, onTop)}`;
}

function seedsOf(text: string): number | undefined {
  const value = numberOfText(text.trim());
  return value !== undefined && Number.isInteger(value) && value >= 1 && value <= MOST_SEEDS
    ? value
    : undefined;
}
