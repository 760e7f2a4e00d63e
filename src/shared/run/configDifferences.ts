import { omit } from '../common/omit';
import { CHANGEABLE_SETTINGS } from './settingsChange';
import { pathsOf, replayTexts, withTextSettings } from '../texts/texts';
import { ANSWER_TOKENS, type RunConfig } from '../config/runConfig';
import { isObject } from '../common/isObject';

/** A setting of a run that its *.adept.json now has another value of. */
export interface ConfigDifference {
  /** As in the file: `tune.steps`. */
  readonly key: string;
  readonly from: string;
  readonly to: string;
  /** Whether the run can go on with the new value. */
  readonly mayChange: boolean;
}

type Leaf = readonly [key: string, value: unknown];

/** What computes, which may change with every resume. */
export const ENGINE_KEYS = ['engine', 'ranks', 'dtype'] as const;

/**
 * What differs between the configuration that a run was begun with and what its file says now, both with absolute paths.
 * Where its folder is, is no setting of it.
 */
export function configDifferences(run: RunConfig, file: RunConfig): ConfigDifference[] {
  const [before, after] = [leavesOf(run), leavesOf(file)];
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  const settings = keys
    .map((key) => ({ key, from: before.get(key), to: after.get(key) }))
    .filter(({ from, to }) => JSON.stringify(from) !== JSON.stringify(to))
    .map(({ key, from, to }) => ({ key, ...valueTexts(from, to), mayChange: isChangeable(key) }));
  return [...engineDifferences(run, file), ...settings];
}

/** `tune.steps: 3000 → 800` */
export function differenceText({ key, from, to }: ConfigDifference): string {
  return `${key}: ${from} → ${to}`;
}

function isChangeable(key: string): boolean {
  const [group, name = ''] = key.split('.');
  return group === 'tune' && name in CHANGEABLE_SETTINGS;
}

/** A file that leaves the engine open is content with any. */
function engineDifferences(run: RunConfig, file: RunConfig): ConfigDifference[] {
  return ENGINE_KEYS.filter((key) => {
    const open = key === 'engine' ? file.engine === 'auto' : file[key] === undefined;
    return !open && file[key] !== run[key];
  }).map((key) => ({ key, ...valueTexts(run[key], file[key]), mayChange: true }));
}

/** Every value by its key; texts by themselves and with settings of their own are the same. */
function leavesOf(config: RunConfig): Map<string, unknown> {
  const { probe, domain, replay, eval: evaluated, answers } = config;
  const texts = {
    probe: withTextSettings(probe),
    domain: withTextSettings(domain),
    ...(replay === undefined
      ? {}
      : {
          replay: replayTexts(replay).map(({ corpus, weight }) => ({
            ...withTextSettings(corpus),
            files: pathsOf(corpus),
            weight,
          })),
        }),
    ...(answers === undefined ? {} : { answers: { maxTokens: ANSWER_TOKENS, ...answers } }),
    eval: {
      ...(evaluated.domain === undefined ? {} : { domain: withTextSettings(evaluated.domain) }),
      ...(evaluated.general === undefined ? {} : { general: withTextSettings(evaluated.general) }),
    },
  };
  return new Map(leaves({ ...omit(config, '$schema', 'out', ...ENGINE_KEYS), ...texts }, ''));
}

function leaves(value: object, prefix: string): Leaf[] {
  return Object.entries(value).flatMap(([name, part]: [string, unknown]): Leaf[] => {
    const key = `${prefix}${name}`;
    if (isObject(part)) {
      return leaves(part, `${key}.`);
    }
    return part === undefined ? [] : [[key, part]];
  });
}

/** Two values as texts that differ: names of files where these tell them apart, otherwise paths. */
function valueTexts(from: unknown, to: unknown): { readonly from: string; readonly to: string } {
  const short = { from: valueText(from, nameOf), to: valueText(to, nameOf) };
  return short.from === short.to ? { from: valueText(from, String), to: valueText(to, String) } : short;
}

function valueText(value: unknown, text: (value: unknown) => string): string {
  if (value === undefined) {
    return 'none';
  }
  if (!Array.isArray(value)) {
    return typeof value === 'object' ? JSON.stringify(value) : text(value);
  }
  const parts = value.map((part: unknown) => valueText(part, text));
  return parts.length > MOST_PARTS
    ? `${parts.slice(0, MOST_PARTS).join(', ')}, … (${parts.length})`
    : parts.join(', ');
}

/** So many files or layers are named. */
const MOST_PARTS = 4;

function nameOf(value: unknown): string {
  const text = String(value);
  return (
    text
      .split(/[\\/]/)
      .filter((part) => part !== '')
      .at(-1) ?? text
  );
}
