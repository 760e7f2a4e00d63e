import { basename } from 'node:path';
import type { Localizer } from '../../shared/common/localizer';
import { modelName } from '../../shared/model/modelName';
import type { Side } from '../../shared/playground/sides';

/** What people call a side. */
export function sideName(side: Side, l10n: Localizer): string {
  switch (side.kind) {
    case 'model':
      return modelName(side.model);
    case 'base':
      return l10n.t('{0}, base model', basename(side.run));
    case 'checkpoint': {
      const { run, step, alpha, drop } = side;
      return [
        l10n.t('{0}, step {1}', basename(run), step),
        ...(alpha === 1 ? [] : [`α = ${alpha.toFixed(2)}`]),
        ...(drop.length === 0 ? [] : [l10n.t('without layers {0}', drop.join(', '))]),
      ].join(', ');
    }
  }
}
