import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { messageOf } from '../../shared/common/errors';
import type { Localizer } from '../../shared/common/localizer';
import { allIssues, pathOf, without, type Path } from '../../shared/common/allIssues';
import { describeIssue } from '../../shared/common/parse';
import { isUnknownKey } from '../../shared/common/unknownKey';
import { RunConfig } from '../../shared/config/runConfig';
import { togetherProblems } from '../../shared/settings/tuneTogether';
import { tuneWarnings } from '../../shared/settings/tuneWarnings';
import { pathsOf, type CorpusFiles } from '../../shared/texts/texts';
import { readModelOutline } from '../model/modelConfig';
import { corpusFilesOf } from '../texts/corpusFiles';
import { namedModel } from './runConfigFile';
import { isObject } from '../../shared/common/isObject';

type Outline = ReturnType<typeof readModelOutline>;

/** Something about a *.adept.json that a run would refuse (error), or that hardly anybody means (warning). */
export interface ConfigProblem {
  /** The key that it is about, from the outside in. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly severity: 'error' | 'warning';
  /** Whether the key itself is wrong, not what it holds. */
  readonly ofKey?: true;
}

/**
 * Checks what a *.adept.json says against its schema, and if that fits against the model, the texts and the settings that it
 * names. Weights and texts are not read.
 * @param value its content
 * @param file relative paths in it start from where it is
 */
export function configProblems(value: unknown, file: string, l10n: Localizer): ConfigProblem[] {
  const parsed = v.safeParse(RunConfig, value);
  if (parsed.success) {
    return problemsOf(parsed.output, file, l10n);
  }
  const wrong = allIssues(RunConfig, value).map((issue): ConfigProblem => {
    const path = pathOf(issue);
    const message = `${capital(describeIssue(issue, RunConfig))}.`;
    return { path, message, severity: 'error', ...(isUnknownKey(issue) ? { ofKey: true } : {}) };
  });
  return [...wrong, ...problemsOfRest(value, file, l10n)];
}

/** What stands in for what a file has to have, where that is wrong or missing; of these themselves nothing is said. */
const STAND_INS = {
  ...{ model: '.no-model', probe: ['.no-text'], domain: ['.no-text'], out: 'run' },
  tune: { steps: 1e9, learningRate: 1e-4 },
};

/** What else is wrong is said at once, not when what does not fit the schema is put right. */
function problemsOfRest(value: unknown, file: string, l10n: Localizer): ConfigProblem[] {
  const wrongIn = (content: unknown): Path[] => allIssues(RunConfig, withStandIns(content)).map(pathOf);
  const parts = without(value, wrongIn(value));
  // Where half of something is left, it goes as a whole.
  const rest = without(
    parts,
    wrongIn(parts).map((path) => path.slice(0, 1)),
  );
  const parsed = v.safeParse(RunConfig, withStandIns(rest));
  return parsed.success
    ? problemsOf(parsed.output, file, l10n).filter(({ path }) => !isAboutStandIn(rest, path))
    : [];
}

function withStandIns(value: unknown): unknown {
  if (!isObject(value)) {
    return value;
  }
  const { tune = {} } = value;
  return { ...STAND_INS, ...value, tune: isObject(tune) ? { ...STAND_INS.tune, ...tune } : tune };
}

function isAboutStandIn(value: unknown, [key = '', inner = '']: Path): boolean {
  if (!isObject(value) || !(key in STAND_INS)) {
    return false;
  }
  const { tune } = value;
  return key === 'tune' ? inner in STAND_INS.tune && !(isObject(tune) && inner in tune) : !(key in value);
}

/** What a run would say of a file that fits the schema. */
function problemsOf(config: RunConfig, file: string, l10n: Localizer): ConfigProblem[] {
  const at = (path: string): string => resolve(dirname(resolve(file)), path);
  const problems: ConfigProblem[] = [];
  const refuse = (path: ConfigProblem['path'], message: string): void => {
    problems.push({ path, message, severity: 'error' });
  };
  const model = attempt(() => readModelOutline(namedModel(config.model, file)), ['model'], refuse);
  if (config.importance !== undefined && !existsSync(at(config.importance))) {
    refuse(['importance'], l10n.t('{0} does not exist.', at(config.importance)));
  }
  const { prompts } = config.answers ?? {};
  if (prompts !== undefined && !existsSync(at(prompts))) {
    refuse(['answers', 'prompts'], l10n.t('{0} does not exist.', at(prompts)));
  }
  checkTexts(config, at, refuse);
  if (model !== undefined) {
    checkAgainst(model, config, refuse, l10n);
  }
  for (const { setting, problem } of togetherProblems(config.tune, (key) => `"${key}"`, l10n)) {
    refuse(['tune', setting], capital(problem));
  }
  for (const { setting, warning } of tuneWarnings(config.tune, l10n)) {
    problems.push({ path: ['tune', setting], message: warning, severity: 'warning' });
  }
  return problems;
}

type Refuse = (path: ConfigProblem['path'], message: string) => void;

function attempt<T>(work: () => T, path: ConfigProblem['path'], refuse: Refuse): T | undefined {
  try {
    return work();
  } catch (error) {
    refuse(path, messageOf(error));
    return undefined;
  }
}

function checkTexts(config: RunConfig, at: (path: string) => string, refuse: Refuse): void {
  const check = (corpus: CorpusFiles | undefined, keys: readonly (string | number)[]): void => {
    const list = corpus === undefined || Array.isArray(corpus) ? keys : [...keys, 'files'];
    (corpus === undefined ? [] : pathsOf(corpus)).forEach((path, index) => {
      attempt(() => corpusFilesOf(at(path), ''), [...list, index], refuse);
    });
  };
  check(config.probe, ['probe']);
  check(config.domain, ['domain']);
  check(config.eval.domain, ['eval', 'domain']);
  check(config.eval.general, ['eval', 'general']);
  (config.replay ?? []).forEach((entry, index) => {
    if (typeof entry === 'string') {
      attempt(() => corpusFilesOf(at(entry), ''), ['replay', index], refuse);
    } else {
      check(entry, ['replay', index]);
    }
  });
  for (const name of ['files', 'examples'] as const) {
    check(config.choices?.[name], ['choices', name]);
    (config.evalTasks ?? []).forEach((task, index) => {
      check(task[name], ['evalTasks', index, name]);
    });
  }
}

/** What the model cannot do. */
function checkAgainst(model: Outline, config: RunConfig, refuse: Refuse, l10n: Localizer): void {
  const { numHiddenLayers: layers, maxPositionEmbeddings: positions } = model;
  const { expand } = config;
  if ('layers' in expand) {
    expand.layers.forEach((layer, index) => {
      if (layer >= layers) {
        refuse(
          ['expand', 'layers', index],
          l10n.t('The model has layers 0 to {0}: there is no layer {1}.', layers - 1, layer),
        );
      }
    });
  }
  for (const [key, count] of Object.entries(expand)) {
    if (typeof count === 'number' && count > layers) {
      refuse(['expand', key], l10n.t('The model has {0} layers: give {0} or less.', layers));
    }
  }
  for (const section of ['tune', 'analyze'] as const) {
    if (config[section].seqLen > positions) {
      refuse([section, 'seqLen'], l10n.t('The model has {0} positions: give {0} or less.', positions));
    }
  }
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
