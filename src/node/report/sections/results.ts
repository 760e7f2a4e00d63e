import { formatChange, formatLoss } from '../../../shared/common/metricText';
import type { EvalPoint } from '../../../shared/webview/run';
import { html, type Content, type Html } from '../html';
import { countText, namesText, shortCountText, spanText } from '../numbers';
import type { ReportFacts } from '../reportFacts';
import { numbersAfter, table } from '../table';
import type { ReportSection } from './section';

/** What a run came to, in numbers. */
export const RESULTS: ReportSection = {
  id: 'results',
  title: 'Results',
  body: (facts) => html`${tiles(facts)}${losses(facts)}${shifts(facts)}`,
};

type LossName = 'domainLoss' | 'generalLoss';

function tiles(facts: ReportFacts): Html {
  const { trainingSeconds, tune, summary } = facts;
  const tokens =
    tune === undefined ? undefined : summary.step * tune.batchSize * tune.gradAccum * tune.seqLen;
  const shown: readonly (Tile | undefined)[] = [
    lossTile(facts, 'domainLoss', 'Domain loss'),
    lossTile(facts, 'generalLoss', 'General loss'),
    layersTile(facts),
    parametersTile(facts),
    {
      name: 'Steps',
      value: countText(summary.step),
      note: tokens ? `${shortCountText(tokens)} tokens at most` : '',
    },
    ...(trainingSeconds === 0
      ? []
      : [{ name: 'Training time', value: spanText(trainingSeconds), note: 'steps and refreshes alone' }]),
  ];
  return html`<dl class="tiles">
    ${shown.map(
      (tile) =>
        tile &&
        html`<div>
          <dt>${tile.name}</dt>
          <dd><strong>${tile.value}</strong><span class="muted">${tile.note}</span></dd>
        </div>`,
    )}
  </dl>`;
}

interface Tile {
  readonly name: string;
  readonly value: string;
  readonly note: string;
}

function lossTile({ evals }: ReportFacts, name: LossName, title: string): Tile | undefined {
  const [first, last] = [evals[0]?.[name], evals.at(-1)?.[name]];
  return first === undefined || first === null || last === undefined || last === null
    ? undefined
    : {
        name: title,
        value: formatChange(last - first),
        note: `${formatLoss(first)} → ${formatLoss(last)} nats`,
      };
}

function layersTile({ manifest, tune }: ReportFacts): Tile | undefined {
  if (tune?.full === true) {
    return { name: 'Trained', value: 'all layers', note: 'every parameter of the model' };
  }
  if (manifest === undefined) {
    return undefined;
  }
  const { added, base } = manifest;
  return {
    name: 'Added layers',
    value: countText(added.length),
    note: `copies of ${added.map(({ source }) => source).join(', ')} of ${base.layers}`,
  };
}

function parametersTile({ job }: ReportFacts): Tile | undefined {
  if (job === undefined) {
    return undefined;
  }
  const { after, trained } = job.parameters;
  return {
    name: 'Trained parameters',
    value: shortCountText(trained),
    note: `${((100 * trained) / after).toFixed(1)}% of ${shortCountText(after)}`,
  };
}

/** Before, at the end and at best, of both texts. */
function losses({ evals, evaluated }: ReportFacts): Html {
  const row = (title: string, name: LossName, on: readonly string[] | string | undefined): Content[] => {
    const measured = evals.filter((point) => point[name] !== null);
    const [first, last] = [measured[0], measured.at(-1)];
    const best = measured.reduce<EvalPoint | undefined>(
      (low, point) => ((point[name] ?? Infinity) < (low?.[name] ?? Infinity) ? point : low),
      undefined,
    );
    const change =
      first === undefined || last === undefined ? null : (last[name] ?? NaN) - (first[name] ?? NaN);
    return [
      title,
      typeof on === 'string' ? on : namesText(on ?? []),
      ...[formatLoss(first?.[name]), formatLoss(last?.[name]), formatChange(change)],
      best === undefined ? '–' : `${formatLoss(best[name])} at step ${countText(best.step)}`,
    ];
  };
  const columns = [
    { name: 'text' },
    { name: 'measured on' },
    ...numbersAfter('before', 'last', 'change', 'lowest'),
  ];
  return html`${table(
      'Losses before and after',
      columns.map((column, index) => ({ ...column, isNumber: index > 1 })),
      [row('domain', 'domainLoss', evaluated?.domain), row('general', 'generalLoss', evaluated?.general)],
    )}
    <p class="muted">
      Nats per token, lower is better. <em>Before</em> is the model before its first step.
    </p>`;
}

/** What a whole job measures beside. */
function shifts({ job }: ReportFacts): Html | undefined {
  const shift = job?.tokenShift;
  const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
  const accuracies: Content[][] =
    job === undefined || job.before.accuracy === null || job.after.accuracy === null
      ? []
      : [['accuracy on questions', percent(job.before.accuracy), percent(job.after.accuracy)]];
  const changed: Content[][] =
    shift === undefined
      ? []
      : [
          ['likeliest tokens that changed, domain', '', percent(shift.domain.changed)],
          ['likeliest tokens that changed, general', '', percent(shift.general.changed)],
        ];
  const rows = [...accuracies, ...changed];
  return rows.length === 0
    ? undefined
    : table('Further results', numbersAfter('of the exported model', 'before', 'after'), rows);
}
