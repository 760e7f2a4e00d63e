import { formatLoss } from '../../../shared/common/metricText';
import { lastPart } from '../../../shared/model/hubName';
import { exportFacts } from '../../../shared/run/exportText';
import { html } from '../html';
import { LANGUAGE } from '../numbers';
import { numbersAfter, table } from '../table';
import type { ReportSection } from './section';

/** The models that were written, with the losses of their files. */
export const EXPORTS: ReportSection = {
  id: 'exports',
  title: 'Exported models',
  body: ({ exports }) => {
    if (exports.length === 0) {
      return undefined;
    }
    const columns = [
      ...[{ name: 'folder' }, { name: 'of' }, { name: 'type' }],
      ...numbersAfter('', 'domain loss', 'general loss').slice(1),
    ];
    const rows = exports.map((one) => [
      lastPart(one.out),
      exportFacts(one, LANGUAGE.l10n).join(', '),
      one.dtype ?? 'as in the source',
      ...[formatLoss(one.losses?.domainLoss), formatLoss(one.losses?.generalLoss)],
    ]);
    return html`${table('Exported models', columns, rows)}
      <p class="muted">
        Losses are those of the files, in nats per token; a dash where they were not measured.
      </p>`;
  },
};
