import { svg, type TemplateResult } from 'lit';
import type { ShownMark } from '../../src/shared/webview/run';

/** Width and height of a mark. */
export const MARK_SIZE = 10;
/** Half of the base of a checkpoint's triangle. */
export const TRIANGLE = 4;

const HALF = MARK_SIZE / 2;

/** The outlines, about the middle of the mark; a checkpoint's stands on the axis. */
const PATHS: Readonly<Record<ShownMark, string>> = {
  checkpoint: `M0 ${-TRIANGLE * 1.75} L${TRIANGLE} 0 L${-TRIANGLE} 0 Z`,
  rate: `M0 ${-HALF} L${HALF} 0 L0 ${HALF} L${-HALF} 0 Z`,
  refresh: `M${-HALF + 1} 0 A${HALF - 1} ${HALF - 1} 0 1 0 ${HALF - 1} 0 A${HALF - 1} ${HALF - 1} 0 1 0 ${-HALF + 1} 0 Z`,
  resume: `M${-HALF + 1} ${-HALF} L${HALF} 0 L${-HALF + 1} ${HALF} Z`,
  remedy: `M${-HALF} ${-HALF} L${HALF} ${-HALF} L${HALF} ${HALF} L${-HALF} ${HALF} Z`,
};
/** The sign in the square of a response to forgetting. */
const EXCLAMATION = 'M-0.9 -3.4 L0.9 -3.4 L0.6 0.8 L-0.6 0.8 Z M-0.9 1.8 L0.9 1.8 L0.9 3.4 L-0.9 3.4 Z';

/** Draws a mark: each kind has a shape of its own. @param ground what shows through where a shape has a sign in it */
export function drawMark(
  ctx: CanvasRenderingContext2D,
  kind: ShownMark,
  x: number,
  y: number,
  colour: string,
  ground = colour,
): void {
  const path = new Path2D(PATHS[kind]);
  ctx.save();
  ctx.translate(x, y);
  ctx.fillStyle = colour;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5;
  if (kind === 'refresh') {
    ctx.stroke(path);
  } else {
    ctx.fill(path);
  }
  if (kind === 'remedy') {
    ctx.fillStyle = ground;
    ctx.fill(new Path2D(EXCLAMATION));
  }
  ctx.restore();
}

/** The same for a legend. */
export function markIcon(kind: ShownMark): TemplateResult {
  const middle = kind === 'checkpoint' ? HALF + TRIANGLE : HALF + 1;
  return svg`<svg class="mark-icon mark-${kind}" width=${MARK_SIZE + 2} height=${MARK_SIZE + 2} aria-hidden="true">
    <g transform=${`translate(${HALF + 1} ${middle})`}>
      <path d=${PATHS[kind]}></path>
      ${kind === 'remedy' ? svg`<path class="sign" d=${EXCLAMATION}></path>` : ''}
    </g>
  </svg>`;
}
