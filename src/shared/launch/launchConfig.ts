import { inputError, messageOf } from '../common/errors';
import type { ImportanceFile } from '../method/importance';
import { parseWith } from '../common/parse';
import { RunConfig } from '../config/runConfig';
import type { Compute } from './computeForm';
import { TUNE_SETTINGS, type TuneSettings } from '../settings/tuneSettings';
import { RATE_SETTINGS, type FormReading } from './launchForm';
import { pathFrom } from './pathFrom';

/** Where a launched run's files go. */
export interface LaunchFolders {
  /** Absolute: the workspace folder that the *.adept.json is written into. */
  readonly folder: string;
  /** The folder of run folders: absolute, or relative to `folder`. */
  readonly runs: string;
}

export interface LaunchPlan {
  readonly reading: FormReading;
  /** The model's folder, and the importance.json that the layers were chosen by; both absolute. */
  readonly model: string;
  readonly importance: string;
  /** What importance was measured on: as much of the same text is measured again during the run. */
  readonly probe: Pick<ImportanceFile['probe'], 'sources' | 'sequences' | 'available' | 'sampling'>;
  readonly layers: readonly number[];
  /** What computes, as far as it is to be said. */
  readonly compute: Compute;
  readonly folders: LaunchFolders;
}

/** `NAME.adept.json` */
export function configName(name: string): string {
  return `${name}.adept.json`;
}

/**
 * The text of the *.adept.json that a plan comes to. Paths inside the workspace folder are relative to it, so that it can
 * be moved as a whole.
 */
export function launchText(plan: LaunchPlan): string {
  const { reading, model, importance, layers, compute, folders } = plan;
  const relative = (path: string): string => pathFrom(folders.folder, path);
  const { domain, replay, evalDomain, evalGeneral, probe } = reading.files;
  const isPlain = Object.keys(reading.texts).length === 0;
  /** Files by themselves, as long as nothing is to be said of how they are read. */
  const corpus = (files: readonly string[]): unknown =>
    isPlain ? files.map(relative) : { files: files.map(relative), ...reading.texts };
  const replayed = isPlain
    ? replay.map(relative)
    : [{ files: replay.map(relative), weight: 1, ...reading.texts }];
  const config = {
    model: relative(model),
    importance: relative(importance),
    probe: corpus(probe),
    domain: corpus(domain),
    ...(replay.length === 0 ? {} : { replay: replayed }),
    ...(evalDomain.length + evalGeneral.length === 0
      ? {}
      : {
          eval: {
            ...(evalDomain.length === 0 ? {} : { domain: corpus(evalDomain) }),
            ...(evalGeneral.length === 0 ? {} : { general: corpus(evalGeneral) }),
          },
        }),
    expand: { layers },
    tune: { ...spokenSettings(reading), ...probeLimit(plan) },
    ...(reading.answers ? { answers: {} } : {}),
    ...compute,
    out: `${relative(folders.runs)}/${reading.name}`,
  };
  return `${withNumbersInLine(JSON.stringify(config, null, 2))}\n`;
}

/** The settings that say something: a refinement at its default, or of what was not asked for, says nothing. */
function spokenSettings({ settings, files }: FormReading): FormReading['settings'] {
  const silent = new Set<string>([
    ...RATE_SETTINGS.filter((name) => settings[name] === TUNE_SETTINGS[name].default),
    ...(settings.maxGeneralRise === undefined ? ['onGeneralRise'] : []),
    ...(files.replay.length === 0 ? ['replayShare'] : []),
  ]);
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !silent.has(name)));
}

/** The analysis's sequences, as long as its text is the probe. */
function probeLimit({
  reading,
  probe,
}: LaunchPlan): Pick<Partial<TuneSettings>, 'maxProbeSequences' | 'sampling'> {
  const { sources, sequences, available, sampling: asked } = probe;
  // An analysis that ended early took its sequences from all over the text.
  const sampling = available === undefined ? asked : 'spread';
  const named = reading.files.probe;
  const same = named.length === sources.length && named.every((path, index) => path === sources[index]);
  return same && sequences > 0
    ? { maxProbeSequences: sequences, ...(sampling === undefined ? {} : { sampling }) }
    : {};
}

/** Lists of numbers on one line, as people write them. A line break lies in no JSON string, so only lists are met. */
function withNumbersInLine(json: string): string {
  const list = /\[\n\s+(-?[\d.]+(?:,\n\s+-?[\d.]+)*)\n\s+\]/g;
  return json.replace(list, (_, numbers: string) => `[${numbers.replace(/\s+/g, ' ')}]`);
}

/** The configuration that such a text holds. @throws AdeptError (input) naming the key that is not usable. */
export function parseLaunchText(text: string, where: string): RunConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw inputError(`${where}: the content is not JSON (${messageOf(error)}): correct it.`, error);
  }
  return parseWith(RunConfig, value, where);
}
