import { basename } from 'node:path';
import type { RateChange } from '../../node/run/runPast';
import type { RunStatus } from '../../node/run/runStatus';
import type { Localizer } from '../../shared/common/localizer';
import { nats, stepsText } from '../runs/runText';
import {
  metricText,
  scoreChangeText,
  scoreSeries,
  type ScorePoint,
  type ScoreSeries,
} from '../../shared/run/scores';
import { stateText } from '../../shared/run/stateText';
import { isObject } from '../../shared/common/isObject';

/** What a run was told to do. */
export interface ComparedSettings {
  /** As its job.json or run.json has it. */
  readonly settings: unknown;
  /** Layers of the base model that were copied; undefined when the run trains the model as it is. */
  readonly expanded: readonly number[] | undefined;
  /** Changes of the base learning rate while it went on. */
  readonly rateChanges?: readonly RateChange[] | undefined;
}

/** A run as it is compared. */
export interface ComparedRun extends ComparedSettings {
  readonly name: string;
  readonly status: RunStatus;
  readonly scores: readonly ScorePoint[];
}

/** One line of the table: what it is about, and a text for each run. */
export interface ComparedRow {
  readonly name: string;
  readonly values: readonly string[];
}

export interface RunComparison {
  readonly names: readonly string[];
  readonly results: readonly ComparedRow[];
  /** Settings that are not the same in all of the runs. */
  readonly differences: readonly ComparedRow[];
}

/** Names the run itself, and says nothing of what it does. */
const OWN_KEYS: ReadonlySet<string> = new Set(['$schema', 'out', 'export.out', 'format', 'createdAt']);
const NOTHING = '–';
const RATE_KEY = 'tune.learningRate';

export function compareRuns(runs: readonly ComparedRun[], l10n: Localizer): RunComparison {
  return {
    names: runs.map(({ name }) => name),
    results: [...resultRows(runs, l10n), ...scoreRows(runs, l10n)],
    differences: settingDifferences(runs, l10n),
  };
}

/** The settings that are not the same in all of the runs. */
export function settingDifferences(runs: readonly ComparedSettings[], l10n: Localizer): ComparedRow[] {
  const settings = runs.map((run) => settingsOf(run, l10n));
  const keys = [...new Set(settings.flatMap((one) => [...one.keys()]))];
  return keys
    .map((name) => ({ name, values: settings.map((one) => one.get(name) ?? NOTHING) }))
    .filter(({ values }) => new Set(values).size > 1);
}

/** Every setting by its dotted name, as text. */
function settingsOf(
  { settings, expanded, rateChanges = [] }: ComparedSettings,
  l10n: Localizer,
): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (value: unknown, key: string): void => {
    if (OWN_KEYS.has(key)) {
      return;
    }
    if (isObject(value)) {
      for (const [name, part] of Object.entries(value)) {
        visit(part, key === '' ? name : `${key}.${name}`);
      }
    } else {
      found.set(key, textOf(value));
    }
  };
  visit(settings, '');
  if (rateChanges.length > 0) {
    const changes = rateChanges.map(({ step, to }) => l10n.t('{0} after step {1}', String(to), step));
    found.set(RATE_KEY, [found.get(RATE_KEY) ?? NOTHING, ...changes].join(', '));
  }
  if (expanded !== undefined) {
    found.set('expanded layers', expanded.join(', '));
  }
  return found;
}

/** Files by their names, which tell them apart as well as their paths. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) {
    return value.map(textOf).join(', ');
  }
  return typeof value === 'string' ? basename(value) : JSON.stringify(value);
}

function resultRows(runs: readonly ComparedRun[], l10n: Localizer): ComparedRow[] {
  const row = (name: string, value: (status: RunStatus) => string): ComparedRow => ({
    name,
    values: runs.map(({ status }) => value(status)),
  });
  return [
    row(l10n.t('state'), ({ state }) => stateText(state, l10n)),
    ...(runs.some(({ status }) => status.because !== null)
      ? [row(l10n.t('stopped because'), ({ because }) => because ?? NOTHING)]
      : []),
    row(l10n.t('step'), stepsText),
    row(l10n.t('domain loss, before'), ({ before }) => nats(before?.domainLoss)),
    row(l10n.t('domain loss, last'), ({ domainLoss }) => nats(domainLoss)),
    row(l10n.t('domain loss, best'), ({ best }) =>
      best === null ? NOTHING : l10n.t('{0} at step {1}', nats(best.domainLoss), best.step),
    ),
    row(l10n.t('general loss, before'), ({ before }) => nats(before?.generalLoss)),
    row(l10n.t('general loss, last'), ({ generalLoss }) => nats(generalLoss)),
    row(l10n.t('general loss, at the best domain loss'), ({ best }) => nats(best?.generalLoss)),
    row(l10n.t('checkpoints'), ({ checkpoints }) => String(checkpoints.length)),
  ];
}

/** A row for each way in which a task is scored. */
function scoreRows(runs: readonly ComparedRun[], l10n: Localizer): ComparedRow[] {
  const scored = runs.map(({ scores }) => scoreSeries(scores));
  const nameOf = ({ task, metric }: ScoreSeries): string => `${task}, ${metricText(metric, l10n)}`;
  return [...new Set(scored.flat().map(nameOf))].map((name) => ({
    name,
    values: scored.map((all) =>
      scoreChangeText(all.find((series) => nameOf(series) === name)?.points ?? [], l10n),
    ),
  }));
}

/** The comparison as Markdown tables. */
export function comparisonMarkdown({ names, results, differences }: RunComparison, l10n: Localizer): string {
  const table = (corner: string, rows: readonly ComparedRow[]): string =>
    [
      markdownRow([corner, ...names]),
      `| --- |${' ---: |'.repeat(names.length)}`,
      ...rows.map(({ name, values }) => markdownRow([name, ...values])),
    ].join('\n');
  const settings =
    differences.length === 0 ? l10n.t('Their settings are the same.') : table(l10n.t('setting'), differences);
  return [
    `# ${escape(names.join(' – '))}`,
    l10n.t('Losses are in nats per token.'),
    table(l10n.t('result'), results),
    `## ${l10n.t('Settings that differ')}`,
    settings,
    '',
  ].join('\n\n');
}

function markdownRow(cells: readonly string[]): string {
  return `| ${cells.map(escape).join(' | ')} |`;
}

/** Text that Markdown shows as it is, in one line. */
function escape(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~&]/g, '\\$&').replace(/\s+/g, ' ');
}
