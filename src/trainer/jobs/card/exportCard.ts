import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../../../../package.json';
import { messageOf } from '../../../shared/common/errors';
import type { FloatType } from '../../../shared/model/floatType';
import { importanceTable } from '../../../shared/heatmap/importanceTable';
import type { FoundLosses } from '../../../shared/run/losses';
import type { ExpansionManifest } from '../../../shared/run/manifest';
import type { RunSpec } from '../../../shared/run/runFolder';
import { evaluatedTexts, namedTexts, trainedNames } from '../../../shared/run/runTexts';
import { writeFileAtomic } from '../../../node/files/atomicFile';
import { readModelFacts } from '../../../node/model/modelFacts';
import type { RunFolder } from '../../../node/run/runFolder';
import { importanceFileOf } from '../../../node/run/runImportance';
import type { Task } from '../../task';
import { readImportance } from '../measure/importanceInput';
import { fileNames, modelCard, type CardFacts } from './modelCard';
import { importancePicture } from './importancePicture';
import { readSourceCard, type SourceCard } from './sourceCard';

/** What was exported, and how it came to its files. */
export interface CardRequest {
  readonly run: RunFolder;
  readonly spec: RunSpec;
  readonly out: string;
  readonly model: Pick<CardFacts, 'step' | 'alpha'> & { readonly drop: readonly number[] };
  readonly type: FloatType;
  readonly losses: FoundLosses;
  /** Of the tuned model, and of the exported one; undefined where every parameter was trained. */
  readonly manifests: Readonly<Record<'tuned' | 'exported', ExpansionManifest>> | undefined;
}

const CARD = 'README.md';
const PICTURE = 'importance.svg';

/**
 * Writes the model card of an export, and the picture of importance where the run has one; the source's own card is not taken along.
 * @throws AdeptError (input) when the source's README cannot be read
 */
export function writeExportCard(request: CardRequest, task: Task): void {
  const { run, spec, out, model, type, losses, manifests } = request;
  const { tuned, exported } = manifests ?? {};
  const source = readSourceCard(tuned === undefined ? [spec.model] : [tuned.base.path, spec.model]);
  const picture = pictureOf(run, spec, tuned, task);
  if (picture !== undefined) {
    writeFileAtomic(join(out, PICTURE), picture);
  }
  const facts: CardFacts = {
    ...{
      version,
      type,
      losses: { before: losses.before, after: 'after' in losses ? losses.after : undefined },
    },
    source: { ...source, license: licenseIn(source, out) },
    ...{ step: model.step, alpha: model.alpha, dropped: model.drop.length, tune: spec.tune },
    parameters: readModelFacts(out).parameters,
    sourceLayers: tuned?.base.layers ?? readModelFacts(spec.model).layers,
    copies: exported?.added.map(({ layer, source: from }) => ({ layer, source: from })),
    texts: namedTexts(spec),
    datasets: datasetsOf(spec),
    measuredOn: measuredOn(spec),
    picture: picture === undefined ? undefined : PICTURE,
  };
  writeFileAtomic(join(out, CARD), modelCard(facts));
}

/** Of the run's own importance, or that which it was given; a model is one without a picture, too. */
function pictureOf(
  run: RunFolder,
  spec: RunSpec,
  tuned: ExpansionManifest | undefined,
  task: Task,
): string | undefined {
  const file = importanceFileOf(run, spec);
  if (file === undefined) {
    return undefined;
  }
  try {
    const copied = new Set(tuned?.added.map(({ source }) => source));
    return importancePicture(importanceTable(readImportance(file), file), copied);
  } catch (error) {
    task.log?.(`the model card has no picture of importance: ${messageOf(error)}`);
    return undefined;
  }
}

/** A licence's text is linked to where it lies beside the card, or in the web. */
function licenseIn({ license }: SourceCard, out: string): SourceCard['license'] {
  return new Map(
    [...license].filter(
      ([key, value]) => key !== 'license_link' || /^https?:/.test(value) || existsSync(join(out, value)),
    ),
  );
}

function measuredOn(spec: RunSpec): CardFacts['measuredOn'] {
  const { domain, general } = evaluatedTexts(spec);
  const text = (on: readonly string[] | string): string => (typeof on === 'string' ? on : fileNames(on));
  return { domain: text(domain), general: text(general) };
}

/** What the Hub takes as the name of a dataset; a file of another name stands in the text alone. */
function datasetsOf(spec: RunSpec): string[] {
  const names = trainedNames(spec);
  return [...new Set(names)].filter((name) =>
    /^(?!.*(?:--|\.\.))[A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)?$/.test(name),
  );
}
