import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { ImportanceFile, Measurement } from '../../shared/method/importance';
import { lowestOf } from '../../shared/method/layerChoice';
import { OVERLAP_TOKENS } from '../../trainer/data/sequences/overlap';
import { rankCorrelation } from '../../shared/method/rankCorrelation';
import { ANALYZE_SETTINGS } from '../../shared/settings/analyzeSettings';
import { requireWritableFile, writeResult } from '../../node/files/outputFile';
import { peakMemory } from '../../node/process/peakMemory';
import { analyze } from '../../trainer/jobs/measure/analyze';
import {
  addEngine,
  addSettings,
  addTextSettings,
  corpusOf,
  engineOf,
  jsonCommand,
  listOf,
  withOutput,
  readSettings,
  requiredList,
  requiredText,
  modelOf,
  MODEL_DESCRIPTION,
} from '../common/options';
import { table } from '../common/output';
import { withExecutor } from '../common/withExecutor';

export function analyzeCommand(): Command {
  const command = jsonCommand(
    'analyze',
    'measure the importance of every layer and unit, with confidence intervals',
  )
    .option('--model <DIR>', MODEL_DESCRIPTION)
    .option('--probe <FILE...>', 'general text: the probing corpus')
    .option('--domain <FILE...>', 'domain text: importance is measured on it as well')
    .option('--out <FILE>', 'the importance.json to write');
  return addTextSettings(addSettings(addEngine(command), ANALYZE_SETTINGS)).action(
    withOutput(async (output, raw) => {
      const model = modelOf(raw);
      const probe = corpusOf(raw, requiredList(raw, 'probe', '--probe'));
      const out = requiredText(raw, 'out', '--out');
      const domain = listOf(raw, 'domain');
      const settings = readSettings(ANALYZE_SETTINGS, raw);
      requireWritableFile(out, '--out');
      const result = await withExecutor(engineOf(raw), output, (executor) =>
        analyze(
          executor,
          {
            ...{ model, probe, domain: domain && corpusOf(raw, domain), settings },
            scratch: dirname(resolve(out)),
          },
          output.cancellableTask(),
        ),
      );
      writeResult(out, result);
      output.result(
        {
          ...{ out: resolve(out), ...result, peakMemory: peakMemory() },
          ...(result.domain ? { rankCorrelation: correlation(result, result.domain) } : {}),
        },
        `${layerTable(result)}\n\nwritten: ${resolve(out)}`,
      );
    }),
  );
}

/** Layers with their importance and rank, 1 the lowest, and how far these hang on which text was measured. */
function layerTable(result: ImportanceFile): string {
  const { domain } = result;
  const unit = result.mode === 'exact' ? 'nats' : 'relative change';
  const columns = [
    ['layer', ...result.layers.map(({ index }) => String(index))],
    ...measurementColumns(result, domain ? 'general' : 'importance', unit),
    ...(domain ? measurementColumns(domain, 'domain', unit) : []),
  ];
  const rows = (columns[0] ?? []).map((_, row) => columns.map((column) => column[row] ?? ''));
  const bases = `base loss ${result.baseLoss.toFixed(4)} nats per token`;
  return [
    domain ? `${bases}, ${domain.baseLoss.toFixed(4)} on domain text` : bases,
    table(rows),
    ...enoughLines(result.probe, ''),
    ...confidenceLines(result),
    ...(domain ? enoughLines(domain.probe, ' of the domain text') : []),
    ...(domain ? [correlationLine(correlation(result, domain)), ...overlapLines(result)] : []),
  ].join('\n');
}

function measurementColumns(
  { layers, trust: confidence }: Measurement,
  name: string,
  unit: string,
): string[][] {
  const values = layers.map(({ importance }) => importance);
  const order = lowestOf(values, values.length);
  const columns = [
    [`${name} (${unit})`, ...values.map((value) => value.toFixed(4))],
    ['rank', ...layers.map((_, layer) => String(order.indexOf(layer) + 1))],
  ];
  if (confidence === undefined) {
    return columns;
  }
  const percent = `${Math.round(confidence.interval * 100)}%`;
  return [
    ...columns,
    [percent, ...confidence.layers.map(({ low, high }) => `${low.toFixed(4)} to ${high.toFixed(4)}`)],
    ['of rank', ...confidence.layers.map(({ lowestRank, highestRank }) => `${lowestRank}–${highestRank}`)],
  ];
}

/** How many least important layers people mostly expand. */
const USUAL_COUNTS = [2, 4, 8];

function confidenceLines({ trust, sameContrast }: ImportanceFile): string[] {
  return [
    ...sameLine('the same least important layers in resamples of the text', trust?.sameLowest),
    ...sameLine('the same layers of most contrast in resamples of both texts', sameContrast),
  ];
}

/** @param same of k = 1, 2, …: the share of resamples with the same k layers */
function sameLine(what: string, same: readonly number[] = []): string[] {
  const shares = USUAL_COUNTS.flatMap((k) => {
    const share = same[k - 1];
    return share === undefined || k >= same.length ? [] : [`of ${k} in ${Math.round(share * 100)}%`];
  });
  return shares.length === 0 ? [] : [`${what}: ${shares.join(', ')}`];
}

/** That the analysis ended before the text did. */
function enoughLines({ sequences, available }: Measurement['probe'], of: string): string[] {
  return available === undefined ? [] : [`${sequences} of ${available} sequences${of} were enough`];
}

/** Null where the layers are all alike on either text. */
function correlation(general: Measurement, domain: Measurement): number | null {
  const values = ({ layers }: Measurement): number[] => layers.map(({ importance }) => importance);
  const rho = rankCorrelation(values(general), values(domain));
  return Number.isNaN(rho) ? null : rho;
}

function correlationLine(rho: number | null): string {
  const value = rho === null ? 'none, all values are equal' : rho.toFixed(2);
  return `rank correlation of general and domain importance: ${value}`;
}

function overlapLines({ overlap = 0 }: ImportanceFile): string[] {
  return overlap === 0
    ? []
    : [
        `${(overlap * 100).toFixed(1)}% of the tokens of the probe also occur in the domain text, in runs of ${OVERLAP_TOKENS} or more`,
      ];
}
