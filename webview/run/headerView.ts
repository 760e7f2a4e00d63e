import { html, nothing, type TemplateResult } from 'lit';
import type { RunCommand, RunSummary, RunProblem } from '../../src/shared/webview/run';
import { l10n } from '../common/l10n';
import { formatMoment, formatPercent } from '../common/format';
import { progressBar } from '../common/progressBar';
import type { RunModel } from './runModel';
import { headerButtons } from './headerButtons';
import { runEnding } from './runEnding';
import { shortPath, stepText } from './runText';
import { STATE_LOOKS } from '../../src/shared/run/stateLook';
import { stageText, stateText } from '../../src/shared/run/stateText';
import { timeLeftText } from '../../src/shared/run/timeLeftText';

export interface HeaderActions {
  command(command: RunCommand): void;
  openProblem(problem: RunProblem): void;
}

/** Which run this is, how it stands, and what can be asked of it. */
export function headerView(run: RunModel, summary: RunSummary, actions: HeaderActions): TemplateResult {
  return html`<header>
    <div class="title">
      <h1>${summary.name}</h1>
      ${stateBadge(summary)}
      <p class="muted">${contextOf(summary)}</p>
    </div>
    ${progress(summary)} ${headerButtons(summary, actions)} ${silence(summary)}
    ${runEnding(summary, run.checkpoints.length > 0, actions)} ${problems(run, actions)}
  </header>`;
}

function stateBadge({ state }: RunSummary): TemplateResult {
  const turning = state === 'opening' || state === 'starting';
  const { icon, tone } = STATE_LOOKS[state];
  return html`<span class="state state-${state} tone-${tone}">
    <span class="codicon codicon-${icon} ${turning ? 'codicon-modifier-spin' : ''}" aria-hidden="true"></span>
    <span class="state-name">${stateText(state, l10n)}</span>
  </span>`;
}

/** Model, engine, remote and start, as far as they are known. */
function contextOf({ model, engine, remoteName, startedAt }: RunSummary): TemplateResult[] {
  const parts = [
    ...(model === null ? [] : [html`<span title=${model}>${shortPath(model)}</span>`]),
    ...(engine === null ? [] : [html`<span>${engineText(engine)}</span>`]),
    ...(remoteName === null ? [] : [html`<span>${l10n.t('remote: {0}', remoteName)}</span>`]),
    ...(startedAt === null ? [] : [html`<span>${l10n.t('started {0}', formatMoment(startedAt))}</span>`]),
  ];
  return parts.map((part, index) => (index === 0 ? part : html` · ${part}`));
}

function progress(summary: RunSummary): TemplateResult {
  const { state, stage, step, steps, secondsLeft, reading } = summary;
  const isLive = state === 'running' || state === 'paused';
  if (reading !== null && state === 'opening') {
    return bar(reading, l10n.t('reading the log, {0}', formatPercent(reading)), isLive);
  }
  const under = isLive ? summary.progress : null;
  if (under !== null && isBeforeTraining(summary)) {
    return bar(under.fraction, [...stageParts(under), ...askedText(summary)].join(' · '), isLive);
  }
  const isTuning = stage === null || stage === 'tuning' || stage === 'paused' || !isLive;
  const parts = [
    ...(isTuning || under !== null ? [] : [stageText(stage, l10n)]),
    stepText(summary),
    ...(secondsLeft === null || !isTuning ? [] : [timeLeftText(secondsLeft, l10n)]),
    ...(under === null ? [] : [stageParts(under).join(', ')]),
    ...askedText(summary),
    ...(reading === null ? [] : [l10n.t('reading the rest of the log, {0}', formatPercent(reading))]),
  ];
  return bar(steps === null ? undefined : step / Math.max(1, steps), parts.join(' · '), isLive);
}

/** Whether the stage is one that comes before all steps: from the first evaluation on the bar shows the steps alone, and never falls. */
function isBeforeTraining({ step, stage }: RunSummary): boolean {
  return step === 0 && ['reading', 'analyzing', 'expanding'].includes(stage ?? '');
}

function stageParts({
  stage,
  fraction,
  message,
  secondsLeft,
}: NonNullable<RunSummary['progress']>): string[] {
  return [
    `${stageText(stage, l10n)}: ${message} (${formatPercent(fraction)})`,
    ...(secondsLeft === null ? [] : [timeLeftText(secondsLeft, l10n)]),
  ];
}

/** That what was asked for is not forgotten. */
function askedText({ asked }: RunSummary): string[] {
  switch (asked) {
    case 'pause':
      return [l10n.t('pauses when this is done')];
    case 'stop':
      return [l10n.t('stops when this is done')];
    case null:
      return [];
  }
}

/** A trainer that hangs looks like one that computes, but for its heartbeat. */
function silence({ silentSeconds }: RunSummary): TemplateResult | typeof nothing {
  return silentSeconds === null
    ? nothing
    : html`<section class="notice notice-warning" role="status">
        <span class="codicon codicon-warning" aria-hidden="true"></span>
        ${l10n.t(
          'The trainer has sent no heartbeat for {0} min: it is busy with a long computation, or hangs. If this persists, stop the run and resume it from its last checkpoint.',
          Math.floor(silentSeconds / 60),
        )}
      </section>`;
}

function bar(fraction: number | undefined, text: string, isLive: boolean): TemplateResult {
  return html`<div class="progress ${isLive ? 'live' : ''}">
    ${progressBar(l10n.t('Progress'), fraction ?? 0)}
    <span class="progress-text">${text}</span>
  </div>`;
}

function problems(
  { problems: { items, total } }: RunModel,
  actions: HeaderActions,
): TemplateResult | typeof nothing {
  if (total === 0) {
    return nothing;
  }
  const title =
    total === 1
      ? l10n.t('A file of this run cannot be read completely')
      : l10n.t('Files of this run cannot be read completely: {0} problems', total);
  return html`<details class="notice notice-warning" ?open=${total <= 3}>
    <summary><span class="codicon codicon-warning" aria-hidden="true"></span> ${title}</summary>
    <ul>
      ${items.map(
        (problem) =>
          html`<li>
            <button
              type="button"
              class="link"
              @click=${() => {
                actions.openProblem(problem);
              }}
            >
              ${problem.line === null ? shortPath(problem.file) : l10n.t('{0}, line {1}', shortPath(problem.file), problem.line)}</button
            >: ${problem.message}
          </li>`,
      )}
    </ul>
    ${items.length < total ? html`<p class="muted">${l10n.t('The first {0} are shown.', items.length)}</p>` : nothing}
  </details>`;
}

function engineText({ engine, device, ranks = 1 }: NonNullable<RunSummary['engine']>): string {
  return ranks === 1
    ? l10n.t('{0} engine on {1}', engine, device)
    : l10n.t('{0} engine on {1}, {2} ranks', engine, device, ranks);
}
