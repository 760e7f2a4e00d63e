import { bytesText as bytesIn } from '../../src/shared/common/bytesText';
import { durationText as durationIn } from '../../src/shared/common/durationText';
import type { CellFacts } from '../../src/shared/heatmap/cellFacts';
import { formatPrecise, formatShort } from '../../src/shared/heatmap/formatNumber';
import type { ImportanceFile, ConfidenceIntervals } from '../../src/shared/method/importance';
import type { HeatColumn } from '../../src/shared/heatmap/importanceTable';
import type { Rank } from '../../src/shared/heatmap/rank';
import type { RangeName } from '../../src/shared/heatmap/ranges';
import type { FormCompute } from '../../src/shared/launch/computeForm';
import type { FormFiles, FormSetting, FormTextSetting } from '../../src/shared/launch/launchForm';
import { l10n } from '../common/l10n';
import { pageData } from '../common/pageData';

/** A column's heading, short: the last part of a unit's name. */
export function headingOf({ name }: HeatColumn): string {
  return name === 'layer' ? l10n.t('importance') : name.replace(/^.*\./, '').replace('layernorm', 'norm');
}

/** A column in full. */
export function columnName({ name }: HeatColumn): string {
  return name === 'layer' ? l10n.t('layer importance') : name;
}

function rankText({ rank, of }: Rank): string {
  return l10n.t('{0} of {1}', rank, of);
}

function rangeText(range: RangeName): string {
  switch (range) {
    case 'layers':
      return l10n.t('layers');
    case 'units':
      return l10n.t('units');
    case 'norms':
      return l10n.t('norm units');
  }
}

/** The heading of a range's legend. */
export function rangeTitle(range: RangeName): string {
  switch (range) {
    case 'layers':
      return l10n.t('Layer importance');
    case 'units':
      return l10n.t('Unit importance');
    case 'norms':
      return l10n.t('Unit importance, norms');
  }
}

/** How far a layer's importance and rank hang on which text was measured. */
export type LayerConfidence = ConfidenceIntervals['layers'][number] & Pick<ConfidenceIntervals, 'interval'>;

function confidenceText({ interval, low, high, lowestRank, highestRank }: LayerConfidence): string {
  return l10n.t(
    'in {0} of the resamples {1} to {2}, rank {3} to {4}',
    percentText(interval),
    formatShort(low),
    formatShort(high),
    lowestRank,
    highestRank,
  );
}

/** All that a cell stands for: where it is, its value in full, its rank, and their confidence intervals. */
export function cellText(
  layer: number,
  column: HeatColumn,
  facts: CellFacts | undefined,
  confidence?: LayerConfidence,
): string {
  const where = l10n.t('Layer {0}, {1}', layer, columnName(column));
  if (facts === undefined) {
    return l10n.t('{0}: not measured', where);
  }
  const { value, inColumn, inRange, range } = facts;
  if (range === 'layers') {
    const text = l10n.t(
      '{0}: {1}; rank {2}, 1 is the lowest',
      where,
      formatPrecise(value),
      rankText(inColumn),
    );
    return confidence === undefined ? text : `${text}; ${confidenceText(confidence)}`;
  }
  return l10n.t(
    '{0}: {1}; rank {2} in the column, {3} among {4}, 1 is the lowest',
    where,
    formatPrecise(value),
    rankText(inColumn),
    rankText(inRange),
    rangeText(range),
  );
}

/** That an analysis ended before the text did. */
function enoughText({ sequences, available }: ImportanceFile['probe']): string[] {
  return available === undefined
    ? []
    : [l10n.t('{0} of {1} sequences were enough', countText(sequences), countText(available))];
}

/** How the text was read: what stands around its documents, and what of it is none. */
function readText({ documentStart, documentEnd, skipped = 0 }: ImportanceFile['probe']): string[] {
  const around = [documentStart, documentEnd].map((token) => token?.replaceAll('\n', '⏎') ?? '');
  const [start = '', end = ''] = around;
  const frame =
    start !== '' && end !== ''
      ? [l10n.t('{0} before and {1} after each document', start, end)]
      : start !== ''
        ? [l10n.t('{0} before each document', start)]
        : end !== ''
          ? [l10n.t('{0} after each document', end)]
          : documentStart === undefined
            ? []
            : [l10n.t('no token around documents')];
  return [
    ...frame,
    ...(skipped === 0
      ? []
      : [
          skipped === 1
            ? l10n.t('1 row held no document')
            : l10n.t('{0} rows held no document', countText(skipped)),
        ]),
  ];
}

/** What was measured, how and on what. */
export function factsText(importance: ImportanceFile): string {
  const { model, probe, mode, baseLoss, unitDefinition, domain, overlap = 0 } = importance;
  const facts = [
    l10n.t('{0}, {1} layers, {2} parameters', model.family, model.layers, countText(model.parameters)),
    mode === 'exact'
      ? l10n.t('layers: rise in loss when masked, nats')
      : l10n.t('layers: change of their input, relative to its size'),
    unitDefinition === 'released' ? l10n.t('units: mean |θ|·|∂L/∂θ|') : l10n.t('units: mean θ·∂L/∂θ'),
    l10n.t(
      '{0} sequences, {1} tokens of general text, loss {2} nats',
      countText(probe.sequences),
      countText(probe.tokens),
      baseLoss.toFixed(4),
    ),
    ...enoughText(probe),
    ...readText(probe),
    ...(domain
      ? [
          l10n.t(
            '{0} sequences, {1} tokens of domain text, loss {2} nats',
            countText(domain.probe.sequences),
            countText(domain.probe.tokens),
            domain.baseLoss.toFixed(4),
          ),
          ...enoughText(domain.probe),
          ...readText(domain.probe),
          ...(overlap > 0
            ? [
                l10n.t(
                  '{0} of the tokens of general text also occur in the domain text',
                  percentText(overlap),
                ),
              ]
            : []),
        ]
      : []),
  ];
  return facts.join(' · ');
}

export function untrusted(): string {
  return l10n.t('This workspace is not trusted: results can be read, but nothing can be started.');
}

export function noFolder(): string {
  return l10n.t('Open a folder first: the *.adept.json is written into it.');
}

// Made once: making one takes the browser milliseconds.
const formats = new Map<string, Intl.NumberFormat>();

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  const format = formats.get(key) ?? new Intl.NumberFormat(pageData().locale, options);
  formats.set(key, format);
  return format;
}

/** "3", "3 and 5", "3, 5 and 7", as the language has it. */
export function listed(items: readonly (string | number)[]): string {
  return new Intl.ListFormat(pageData().locale, { type: 'conjunction' }).format(items.map(String));
}

export function layersText(layers: readonly number[]): string {
  return layers.length === 1 ? l10n.t('layer {0}', layers[0] ?? '') : l10n.t('layers {0}', listed(layers));
}

/** A whole number with the language's separators. */
export function countText(count: number): string {
  return numberFormat({ maximumFractionDigits: 0 }).format(count);
}

export function percentText(share: number): string {
  return numberFormat({ style: 'percent', maximumFractionDigits: 1 }).format(share);
}

/** Bytes in decimal units, as disks and memory are sold. */
export function bytesText(bytes: number): string {
  return bytesIn(bytes, numberFormat);
}

export function secondsText(seconds: number): string {
  return numberFormat({
    style: 'unit',
    unit: 'second',
    maximumSignificantDigits: 2,
  }).format(seconds);
}

export function durationText(seconds: number): string {
  return durationIn(seconds, numberFormat);
}

export function fileLabel(field: FormFiles): string {
  switch (field) {
    case 'domain':
      return l10n.t('Domain text');
    case 'replay':
      return l10n.t('Replayed general text');
    case 'evalDomain':
      return l10n.t('Domain evaluation text');
    case 'evalGeneral':
      return l10n.t('General evaluation text');
    case 'probe':
      return l10n.t('General text (probe)');
  }
}

export function computeLabel(field: FormCompute): string {
  switch (field) {
    case 'engine':
      return l10n.t('Engine');
    case 'ranks':
      return l10n.t('Ranks');
    case 'dtype':
      return l10n.t('Computed in');
  }
}

export function textSettingLabel(setting: FormTextSetting): string {
  switch (setting) {
    case 'documentStart':
      return l10n.t('Document start');
    case 'documentEnd':
      return l10n.t('Document end');
    case 'packing':
      return l10n.t('Packing');
  }
}

export function settingLabel(setting: FormSetting): string {
  switch (setting) {
    case 'steps':
      return l10n.t('Steps');
    case 'learningRate':
      return l10n.t('Learning rate');
    case 'batchSize':
      return l10n.t('Batch size');
    case 'seqLen':
      return l10n.t('Sequence length');
    case 'updateEvery':
      return l10n.t('Update interval');
    case 'schedule':
      return l10n.t('Schedule');
    case 'warmup':
      return l10n.t('Warm-up');
    case 'saveEvery':
      return l10n.t('Save every');
    case 'evalEvery':
      return l10n.t('Evaluate every');
    case 'maxEvalSequences':
      return l10n.t('Evaluated sequences');
    case 'maxGeneralRise':
      return l10n.t('Forgetting limit');
    case 'onGeneralRise':
      return l10n.t('Beyond the limit');
    case 'replayShare':
      return l10n.t('Share of replay');
    case 'unitRates':
      return l10n.t('Rates by');
    case 'normRange':
      return l10n.t('Norms');
    case 'rateFloor':
      return l10n.t('Lowest rate');
    case 'rateCap':
      return l10n.t('Highest rate');
    case 'rateSmoothing':
      return l10n.t('Smoothing');
    case 'seed':
      return l10n.t('Seed');
  }
}
