import {
  formatChange,
  formatMetric,
  formatNorm,
  type ComparedLayer,
  type ComparedPoint,
} from '../../src/shared/run/comparison';
import { WHOLE_LAYER, type ChangeCell, type MetricRow } from '../../src/shared/heatmap/comparisonTable';
import { formatShort } from '../../src/shared/heatmap/formatNumber';
import type { ChangeMeasure } from '../../src/shared/run/comparison';
import { l10n } from '../common/l10n';
import { pageData } from '../common/pageData';
import { countText } from '../common/quantities';

/** A metric's name. */
export function metricName(key: MetricRow['key']): string {
  switch (key) {
    case 'step':
      return l10n.t('Step');
    case 'domainLoss':
      return l10n.t('Domain loss');
    case 'generalLoss':
      return l10n.t('General loss');
    case 'loss':
      return l10n.t('Training loss, one batch');
    case 'baseLearningRate':
      return l10n.t('Base learning rate');
    case 'meanUnitLearningRate':
      return l10n.t('Mean unit learning rate');
  }
}

/** A difference with its sign; a dash where there is none. */
export function differenceText(key: MetricRow['key'], value: number | null): string {
  return value === null || value === 0
    ? formatMetric(key, value)
    : `${value > 0 ? '+' : '−'}${formatMetric(key, Math.abs(value))}`;
}

/** `step 40`, or `base`. */
export function shortPointText(point: Pick<ComparedPoint, 'step' | 'base'>): string {
  return point.base ? l10n.t('base') : l10n.t('step {0}', point.step);
}

/** The same in full. */
export function pointText(point: Pick<ComparedPoint, 'step' | 'base'>): string {
  return point.base ? l10n.t('base (before the first step)') : l10n.t('step {0}', point.step);
}

export function runName({ run }: Pick<ComparedPoint, 'run'>): string {
  return run.split(/[\\/]/).filter(Boolean).at(-1) ?? run;
}

export function dateText(iso: string): string {
  return new Intl.DateTimeFormat(pageData().locale, { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(iso),
  );
}

/** A column's heading, short: the last part of a unit's name. */
export function headingOf(column: string): string {
  return column === WHOLE_LAYER
    ? l10n.t('whole layer')
    : column.replace(/^.*\./, '').replace('layernorm', 'norm');
}

/** A column in full. */
export function columnName(column: string): string {
  return column === WHOLE_LAYER ? l10n.t('all units together') : column;
}

/** `8 (copy of 6)`; with B's number where the two models differ. */
export function layerText({ layer, layerInB, source, added }: ComparedLayer): string {
  const copy = added ? ` ${l10n.t('(copy of {0})', source)}` : '';
  const other = layerInB === layer ? '' : ` ${l10n.t('({0} in B)', layerInB)}`;
  return `${layer}${copy}${other}`;
}

/** What a cell shows. */
export function cellText(cell: ChangeCell | undefined, measure: ChangeMeasure): string {
  if (cell === undefined) {
    return '–';
  }
  if (measure === 'difference') {
    return formatShort(cell.difference);
  }
  return cell.change === null ? l10n.t('new') : formatChange(cell.change);
}

/** All that a cell stands for. */
export function cellFacts(layer: ComparedLayer, column: string, cell: ChangeCell | undefined): string {
  const where = l10n.t('Layer {0}, {1}', layerText(layer), columnName(column));
  if (cell === undefined) {
    return l10n.t('{0}: not in this layer', where);
  }
  const { change, difference, norm, parameters } = cell;
  const relative =
    change === null
      ? l10n.t('zero in A, so there is no relative change')
      : l10n.t('relative change {0}', formatChange(change));
  return l10n.t(
    '{0}: {1}; ‖B − A‖ = {2}, ‖A‖ = {3}, {4} parameters',
    where,
    relative,
    formatNorm(difference),
    formatNorm(norm),
    countText(parameters),
  );
}
