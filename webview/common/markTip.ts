import { html, type TemplateResult } from 'lit';
import type { RunMark } from '../../src/shared/run/runMark';
import { markDetails, markTitle } from './markText';
import type { Positions } from './positions';

/** Between a mark and what is told of it. */
const TIP_DISTANCE = 10;

/** The marks within a distance of a step: those of the step that is nearest. */
export function marksNear(marks: readonly RunMark[], step: number, distance: number): readonly RunMark[] {
  const near = marks.filter((mark) => Math.abs(mark.step - step) <= distance);
  const closest = near.reduce((best, mark) => Math.min(best, Math.abs(mark.step - step)), Infinity);
  return near.filter((mark) => Math.abs(mark.step - step) === closest);
}

/** What happened at a step, for the eye; for the ear it is in the value of the slider. */
export function tipBox(marks: readonly RunMark[], positions: Positions): TemplateResult {
  return html`<div class="mark-tip" aria-hidden="true">
    <p class="muted">${positions.reading(marks[0]?.step ?? 0)}</p>
    ${marks.map(
      (mark) =>
        html`<p><strong>${markTitle(mark)}</strong></p>
          ${markDetails(mark).map((text) => html`<p>${text}</p>`)}`,
    )}
  </div>`;
}

/** Puts the box of a chart beside its mark. @param x of the mark, pixels from the left of the plot */
export function positionTip(chart: HTMLElement, x: number | undefined): void {
  const box = chart.querySelector<HTMLElement>('.mark-tip');
  if (box === null || x === undefined) {
    return;
  }
  const width = box.parentElement?.clientWidth ?? 0;
  const right = x + TIP_DISTANCE;
  // On the side where there is room for it, so that the curve at the mark is seen.
  const left = right + box.offsetWidth <= width ? right : x - TIP_DISTANCE - box.offsetWidth;
  // A property, not an attribute: the content security policy allows no inline style.
  box.style.left = `${Math.max(0, Math.min(left, width - box.offsetWidth))}px`;
}
