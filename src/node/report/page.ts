import { ENGLISH } from '../../shared/common/localizer';
import { stateText } from '../../shared/run/stateText';
import { html, type Content, type Html } from './html';
import { countText, momentText } from './numbers';
import type { ReportFacts } from './reportFacts';
import { ANSWERS } from './sections/answers';
import { CURVES } from './sections/curves';
import { ENVIRONMENT } from './sections/environment';
import { EXPORTS } from './sections/exports';
import { HAPPENED } from './sections/happened';
import { HARNESS } from './sections/harness';
import { IMPORTANCE } from './sections/importance';
import { RESULTS } from './sections/results';
import { SCORES } from './sections/scores';
import type { ReportSection } from './sections/section';
import { SETTINGS } from './sections/settings';
import { STRENGTH } from './sections/strength';
import { UNIT_RATES } from './sections/unitRates';
import { STYLE } from './style';

/** In the order of the page. */
const SECTIONS: readonly ReportSection[] = [
  RESULTS,
  CURVES,
  SCORES,
  IMPORTANCE,
  UNIT_RATES,
  STRENGTH,
  ANSWERS,
  EXPORTS,
  HARNESS,
  HAPPENED,
  SETTINGS,
  ENVIRONMENT,
];

/** Nothing is loaded, and nothing of the page runs. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The page of a run: one file, which needs nothing else. */
export function reportPage(facts: ReportFacts): string {
  const shown = SECTIONS.flatMap(({ id, title, body }) => {
    const content = body(facts);
    return content === undefined ? [] : [{ id, title, content }];
  });
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="ADEPT for VS Code ${facts.version}" />
        <title>${facts.summary.name}: ADEPT run report</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <header>
          <p class="eyebrow muted">ADEPT run report</p>
          <h1>${facts.summary.name}</h1>
          <p>${context(facts)}</p>
          ${notes(facts)}${ending(facts)}
          <nav aria-label="Contents">
            <ul>
              ${shown.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
            </ul>
          </nav>
        </header>
        <main>
          ${shown.map(
            ({ id, title, content }) =>
              html`<section aria-labelledby="${id}">
                <h2 id="${id}">${title}</h2>
                ${content}
              </section> `,
          )}
        </main>
        <footer class="muted">
          <p>
            Made by ADEPT for VS Code ${facts.version} on ${momentText(facts.madeAt)}, an implementation of
            <a href="https://arxiv.org/abs/2510.10071">ADEPT</a> (Zhang et al., 2025).
          </p>
        </footer>
      </body>
    </html> `.markup;
}

/** Which model, how far, and when. */
function context({ model, summary }: ReportFacts): Html {
  const { state, step, steps, startedAt } = summary;
  const parts: Content[] = [
    ...(model === undefined ? [] : [html`<strong>${model}</strong>`]),
    stateText(state, ENGLISH),
    steps === null ? `step ${countText(step)}` : `step ${countText(step)} of ${countText(steps)}`,
    ...(startedAt === null ? [] : [`started ${momentText(startedAt)}`]),
  ];
  return html`${parts.map((part, index) => (index === 0 ? part : html` · ${part}`))}`;
}

/** What a person wrote of it. */
function notes({ notes: { tags, note } }: ReportFacts): Html | undefined {
  return tags.length === 0 && note === ''
    ? undefined
    : html`<div class="notes">
        ${tags.map((tag) => html`<span class="tag">${tag}</span>`)}${note === '' ? undefined : html`<p>${note}</p>`}
      </div>`;
}

/** Why it did not come to its end. */
function ending({ summary: { state, error } }: ReportFacts): Html | undefined {
  return state === 'failed' || state === 'died'
    ? html`<p class="notice">${error ?? 'The trainer’s process ended before the run was done.'}</p>`
    : undefined;
}
