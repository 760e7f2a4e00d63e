import { existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import * as vscode from 'vscode';
import { readRunConfig } from '../../node/job/runConfigFile';
import { STUDY_ENDING } from '../../node/job/studyConfigFile';
import { readModelOutline } from '../../node/model/modelConfig';
import { numberOfText } from '../../shared/common/numberText';
import type { RunConfig } from '../../shared/config/runConfig';
import { proposedCount } from '../../shared/launch/studiedSettings';
import { armsOfJob, FIRST_ARMS, layersOfJob, newStudyText } from '../../shared/study/newStudy';
import { armMeaning, type ArmName } from '../../shared/study/study';
import { pathOf } from '../control/arguments';
import type { Services } from '../services/services';
import { freePath } from '../window/freePath';
import { askOne } from '../window/multiStep';
import { activeConfig, pickConfig, saveOpen } from './openConfig';

const SEEDS = 3;
const MOST_SEEDS = 20;

/**
 * Writes a *.study.json that runs the job of a *.adept.json with several methods and seeds, and shows it.
 * @returns the file
 */
export async function run(_services: Services, argument?: unknown): Promise<string> {
  const { l10n } = vscode;
  const title = l10n.t('New Study');
  const job = resolve(pathOf(argument) ?? activeConfig() ?? (await pickConfig(title)));
  await saveOpen(job);
  const config = readRunConfig(job);
  const arms = await askForArms(title, config);
  const seeds = await askForSeeds(title);
  const name = freeName(dirname(job), basename(job).replace(/\.adept\.json$/, ''));
  const file = join(dirname(job), `${name}${STUDY_ENDING}`);
  const k = layersOfJob(config) ?? proposedCount(readModelOutline(config.model).numHiddenLayers);
  writeFileSync(file, newStudyText({ job: basename(job), out: outOf(name), k, arms, seeds }), { flag: 'wx' });
  await vscode.window.showTextDocument(vscode.Uri.file(file));
  return file;
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

async function askForSeeds(title: string): Promise<number> {
  const { l10n } = vscode;
  const problem = l10n.t('Give a whole number from 1 to {0}.', MOST_SEEDS);
  const text = await vscode.window.showInputBox({
    title,
    value: String(SEEDS),
    prompt: l10n.t('Seeds: orders of the text, with each of which every method runs'),
    validateInput: (value) => (seedsOf(value) === undefined ? problem : undefined),
  });
  if (text === undefined) {
    throw new vscode.CancellationError();
  }
  return seedsOf(text) ?? SEEDS;
}

function seedsOf(text: string): number | undefined {
  const value = numberOfText(text.trim());
  return value !== undefined && Number.isInteger(value) && value >= 1 && value <= MOST_SEEDS
    ? value
    : undefined;
}
