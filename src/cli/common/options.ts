import { Command, InvalidArgumentError, Option } from 'commander';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { inputError } from '../../shared/common/errors';
import { numberOfText } from '../../shared/common/numberText';
import { EngineChoice, TorchDtype, type RunConfig } from '../../shared/config/runConfig';
import { SAMPLINGS, type Sampling } from '../../shared/settings/sampling';
import { AS_OPTIONS, type Naming } from '../../shared/settings/naming';
import { autoEngine } from '../../node/engines/autoEngine';
import { modelFolderOf } from '../../node/model/hubCache';
import { ANALYZE_SETTINGS } from '../../shared/settings/analyzeSettings';
import { TEXT_SETTINGS } from '../../shared/settings/textSettings';
import {
  flagOf,
  settingsSchema,
  type SettingTable,
  type SettingValues,
} from '../../shared/settings/settingTable';
import type { CorpusFiles } from '../../shared/texts/texts';
import type { ExecutorChoice } from '../../trainer/executor/executorChoice';
import { EventFile } from './eventFile';
import { Output } from './output';

/** Options as commander hands them over: by camel-cased flag, unchecked. */
export type RawOptions = Record<string, unknown>;

/** A number; `Infinity`, hexadecimal and empty text are none. */
export function parseNumber(text: string): number {
  const value = numberOfText(text);
  if (value === undefined) {
    throw new InvalidArgumentError(`"${text}" is not a number.`);
  }
  return value;
}

/** Adds one option per setting of a table, with the table's own description, default and bounds. */
export function addSettings(command: Command, table: SettingTable): Command {
  for (const [name, setting] of Object.entries(table)) {
    const flag = flagOf(name, setting);
    const note =
      'default' in setting && setting.default !== undefined ? ` (default: ${String(setting.default)})` : '';
    if (setting.kind === 'switch') {
      command.addOption(new Option(flag, setting.description));
    } else if (setting.kind === 'choice') {
      command.addOption(
        new Option(`${flag} <${setting.choices.join('|')}>`, setting.description + note).choices(
          setting.choices,
        ),
      );
    } else if (setting.kind === 'text') {
      command.addOption(new Option(`${flag} <${setting.placeholder}>`, setting.description + note));
    } else {
      command.addOption(
        new Option(`${flag} <${setting.kind === 'whole' ? 'N' : 'X'}>`, setting.description + note).argParser(
          parseNumber,
        ),
      );
    }
  }
  return command;
}

/** The settings that were given on the command line, checked, with defaults filled in. @throws AdeptError (input) naming the option. */
export function readSettings<T extends SettingTable>(table: T, raw: RawOptions): SettingValues<T> {
  const given: Record<string, unknown> = {};
  const flags = new Map<string, string>();
  for (const [name, setting] of Object.entries(table)) {
    const flag = flagOf(name, setting);
    flags.set(name, flag);
    const value = raw[optionKey(flag)];
    if (value !== undefined) {
      given[name] = value;
    }
  }
  const parsed = v.safeParse(settingsSchema(table), given);
  if (parsed.success) {
    return parsed.output;
  }
  const [issue] = parsed.issues;
  const name = v.getDotPath(issue) ?? '';
  const missing = given[name] === undefined;
  throw inputError(
    `${flags.get(name) ?? name}: ${missing ? 'is required: give a value' : `${JSON.stringify(given[name])} is not usable (${issue.message}): correct it`}.`,
  );
}

/** `--max-sequences` → `maxSequences`, as commander names it. */
export function optionKey(flag: string): string {
  return flag.replace(/^--/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Which engine computes and how, for every command in which a model does. */
export function addEngine(command: Command): Command {
  return addEngineChoice(command).addOption(
    new Option(
      `--dtype <${TorchDtype.options.join('|')}>`,
      'what is computed in; only with torch (default: auto)',
    ).choices(TorchDtype.options),
  );
}

/** The same without what is computed in. */
export function addEngineChoice(command: Command): Command {
  return command
    .addOption(
      new Option(
        `--engine <${EngineChoice.options.join('|')}>`,
        'which engine computes; auto: torch if it has a GPU, else native if installed, else wasm',
      )
        .choices(EngineChoice.options)
        .default('auto'),
    )
    .option('--ranks <N>', 'processes that compute together; only with torch (default: 1)', parseNumber);
}

/** What a file says of the engine. */
export interface ConfiguredEngine extends ExecutorChoice {
  /** How errors call its keys. */
  readonly naming: Naming;
}

const NOTHING_CONFIGURED: ConfiguredEngine = { engine: 'auto', naming: AS_OPTIONS };

/**
 * What the options of {@link addEngine} ask for.
 * @param configured what holds where the options leave it open
 * @throws AdeptError (input) naming an option, or a key of the file, that the engine does not have
 */
export function engineOf(raw: RawOptions, configured: ConfiguredEngine = NOTHING_CONFIGURED): ExecutorChoice {
  const asked = v.parse(EngineChoice, raw.engine);
  const engine = asked === 'auto' ? configured.engine : asked;
  const ranks = countOf(raw, 'ranks', '--ranks');
  const dtype = raw.dtype === undefined ? undefined : v.parse(TorchDtype, raw.dtype);
  const computes = engine === 'auto' ? autoEngine() : engine;
  if (computes !== 'torch') {
    const [option] = [ranks === undefined ? [] : ['--ranks'], dtype === undefined ? [] : ['--dtype']].flat();
    if (option !== undefined) {
      throw inputError(
        `${option}: only the engine torch has it, and ${computes} is to compute: add --engine torch.`,
      );
    }
    const key = (['ranks', 'dtype'] as const).find((name) => configured[name] !== undefined);
    if (key !== undefined) {
      throw inputError(
        `${configured.naming.label(key)}: only the engine torch has it, and ${computes} is to compute: set "engine" to "torch", or remove it.`,
      );
    }
  }
  return { engine, ranks: ranks ?? configured.ranks, dtype: dtype ?? configured.dtype };
}

/**
 * As {@link engineOf}, for a run that was begun: another engine takes it over without what only torch has.
 * @throws AdeptError (input) as {@link engineOf}
 */
export function engineOfBegun(raw: RawOptions, begun: ConfiguredEngine): ExecutorChoice {
  const { engine, naming } = begun;
  const leaves = raw.engine !== 'auto' && raw.engine !== 'torch';
  return engineOf(raw, leaves ? { engine, naming } : begun);
}

/** What a run remembers of what computes, so that it goes on so. */
export function kept({
  engine,
  ranks,
  dtype,
}: ExecutorChoice): Pick<RunConfig, 'engine' | 'ranks' | 'dtype'> {
  return { engine, ...(ranks === undefined ? {} : { ranks }), ...(dtype === undefined ? {} : { dtype }) };
}

/** As the setting of the same name, for a command that is no run. */
export function samplingOption(): Option {
  const { description } = ANALYZE_SETTINGS.sampling;
  return new Option(`--sampling <${SAMPLINGS.join('|')}>`, description).choices(SAMPLINGS).default('first');
}

export function samplingOf(raw: RawOptions): Sampling {
  return v.parse(v.picklist(SAMPLINGS), raw.sampling);
}

export function textOf(raw: RawOptions, key: string): string | undefined {
  const value = raw[key];
  return typeof value === 'string' ? value : undefined;
}

/** @throws AdeptError (input) naming the option that is missing. */
export function requiredText(raw: RawOptions, key: string, flag: string): string {
  const value = textOf(raw, key);
  if (value === undefined || value === '') {
    throw inputError(`${flag}: is required: give a value.`);
  }
  return value;
}

export const MODEL_DESCRIPTION = 'Hugging Face model folder, or org/name from the local Hub cache';

/**
 * A model's folder: as it was given, or what the Hub cache has of `org/name`.
 * @throws AdeptError (input) naming the option: missing, or neither a folder nor in the cache.
 */
export function modelOf(raw: RawOptions, key = 'model', flag = '--model'): string {
  const named = requiredText(raw, key, flag);
  const folder = modelFolderOf(named, flag);
  return folder === resolve(named) ? named : folder;
}

export function listOf(raw: RawOptions, key: string): string[] | undefined {
  const value = raw[key];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;
}

/** @throws AdeptError (input) naming the option that is missing. */
export function requiredList(raw: RawOptions, key: string, flag: string): string[] {
  const value = listOf(raw, key);
  if (value === undefined || value.length === 0) {
    throw inputError(`${flag}: is required: name at least one file.`);
  }
  return value;
}

export function numberOf(raw: RawOptions, key: string): number | undefined {
  const value = raw[key];
  return typeof value === 'number' ? value : undefined;
}

/** How texts are read, for every command that reads any. */
export function addTextSettings(command: Command): Command {
  return addSettings(command, TEXT_SETTINGS);
}

/** Files, globs and folders as the options of {@link addTextSettings} have them read. */
export function corpusOf(raw: RawOptions, files: readonly string[]): Exclude<CorpusFiles, string[]> {
  return { files: [...files], ...readSettings(TEXT_SETTINGS, raw) };
}

/** A whole number of at least 1, when given. */
export function countOf(raw: RawOptions, key: string, flag: string, least = 1): number | undefined {
  const value = numberOf(raw, key);
  if (value !== undefined && (!Number.isInteger(value) || value < least)) {
    throw inputError(`${flag}: ${value} is not usable: give a whole number of at least ${least}.`);
  }
  return value;
}

/** A sub-command that knows --json and --events. */
export function jsonCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--json', 'print one JSON object as the last line of stdout')
    .option('--events <FILE>', 'append progress and result to FILE, one JSON object a line');
}

/**
 * An action of a {@link jsonCommand}: `work` gets the command's output, its options and its operands. What it throws is
 * written to the event file too.
 */
export function withOutput(
  work: (output: Output, raw: RawOptions, ...operands: string[]) => Promise<void> | void,
): (this: Command, ...given: unknown[]) => Promise<void> {
  return async function (this: Command) {
    const raw: RawOptions = this.opts();
    const events = textOf(raw, 'events');
    const output = new Output(
      raw.json === true,
      events === undefined ? undefined : EventFile.open(events, this.name()),
    );
    try {
      await work(output, raw, ...this.args);
    } catch (error) {
      output.failed(error);
      throw error;
    } finally {
      output.close();
    }
  };
}

/** A list such as 3,7. @throws AdeptError (input) naming the option when it is none. */
export function layersOf(raw: RawOptions, key: string, flag: string): number[] | undefined {
  const text = textOf(raw, key);
  return text?.split(',').map((part) => {
    const trimmed = part.trim();
    if (!/^\d+$/.test(trimmed)) {
      throw inputError(`${flag}: "${text}" is not a list of layer numbers: give for example ${flag} 3,7.`);
    }
    return Number(trimmed);
  });
}
