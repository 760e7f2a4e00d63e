import { html, nothing, type TemplateResult } from 'lit';
import type { Proposal } from '../../src/shared/launch/proposals';
import type { LayerCertainty } from '../../src/shared/method/layerCertainty';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { fold } from './fold';
import type { Fold } from './heatmapView';
import { layersText, listed, percentText } from './texts';

export interface ProposalsContent {
  readonly proposals: readonly Proposal[];
  readonly certainty: LayerCertainty;
  readonly open: readonly Fold[];
  readonly toggle: (open: readonly Fold[]) => void;
  /** Marks and form as these have it. */
  readonly take: (proposals: readonly Proposal[]) => void;
  /** Measures importance again, on so many sequences more. */
  readonly measureMore: (more: number) => void;
  /** Why nothing can be measured; undefined where it can. */
  readonly blocked: string | undefined;
}

/** What is proposed for this model and this text, each with its reason and a button that takes it. */
export function proposalsView(content: ProposalsContent): TemplateResult {
  const { open, toggle } = content;
  return fold({ name: 'proposals', heading: l10n.t('Proposed settings'), open, toggle }, () => list(content));
}

function list({ proposals, certainty, take, measureMore, blocked }: ProposalsContent): TemplateResult {
  // An alternative to the others, not one of them.
  const together = proposals.filter(({ subject }) => subject !== 'cheaper');
  const isAllTaken = together.every(({ isTaken }) => isTaken);
  return html`<section class="proposals" aria-label=${l10n.t('Proposed settings')}>
    <ul>
      ${proposals.map(
        (proposal) =>
          html`<li data-proposal=${proposal.subject}>
            <div class="proposal-head">
              <strong>${titleOf(proposal)}</strong>
              ${
                proposal.isTaken
                  ? html`<span class="muted"
                      ><span class="codicon codicon-check" aria-hidden="true"></span>
                      ${l10n.t('in use')}</span
                    >`
                  : useButton(l10n.t('Use'), l10n.t('Use: {0}', titleOf(proposal)), () => {
                      take([proposal]);
                    })
              }
            </div>
            <p class="muted">${proposal.reason}</p>
            ${proposal.subject === 'layers' ? certaintyView(certainty, measureMore, blocked) : nothing}
          </li>`,
      )}
    </ul>
    ${
      isAllTaken
        ? nothing
        : useButton(l10n.t('Use All'), undefined, () => {
            take(together);
          })
    }
  </section>`;
}

function useButton(text: string, label: string | undefined, act: () => void): TemplateResult {
  return pushButton({ text, label, act });
}

function titleOf({ subject, layers, settings }: Proposal): string {
  switch (subject) {
    case 'layers':
      return l10n.t('Copy {0}', layersText(layers ?? []));
    case 'steps':
      return l10n.t('{0} steps', settings.steps ?? '');
    case 'rate':
      return l10n.t('Learning rate {0}, {1}', settings.learningRate ?? '', settings.schedule ?? '');
    case 'refreshes':
      return l10n.t('Refresh every {0} steps', settings.updateEvery ?? '');
    case 'evaluations':
      return l10n.t(
        'Evaluate every {0}, save every {1} steps',
        settings.evalEvery ?? '',
        settings.saveEvery ?? '',
      );
    case 'limit':
      return l10n.t('Forgetting limit {0} nats', settings.maxGeneralRise ?? '');
    case 'cheaper':
      return l10n.t(
        'Or cheaper: {0}, rate {1} by {2}',
        layersText(layers ?? []),
        settings.learningRate ?? '',
        settings.unitRates ?? '',
      );
  }
}

/** Confidence of the choice of layers, in words. */
function certaintyView(
  certainty: LayerCertainty,
  measureMore: (more: number) => void,
  blocked: string | undefined,
): TemplateResult {
  if (certainty.kind !== 'tied') {
    return html`<p class="certainty">
      ${
        certainty.kind === 'unknown'
          ? l10n.t('The confidence of this was not measured: analyze again, on two sequences or more.')
          : l10n.t('Sure: the same layers in {0} of resamples of the text.', percentText(certainty.share))
      }
    </p>`;
  }
  const { layers, more } = certainty;
  return more === undefined
    ? html`<p class="certainty">
        ${l10n.t('{0} are tied, and differ so little that any of them will do.', listed(layers))}
      </p>`
    : html`<p class="certainty">
        ${l10n.t('{0} are tied: about {1} more sequences would tell.', listed(layers), more)}
        ${pushButton({
          text: l10n.t('Measure {0} More', more),
          disabled: blocked !== undefined,
          title: blocked,
          act: () => {
            measureMore(more);
          },
        })}
      </p>`;
}
