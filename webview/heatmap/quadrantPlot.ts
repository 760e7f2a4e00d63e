import { html, LitElement, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import type { Quadrant, QuadrantPoint } from '../../src/shared/heatmap/quadrants';
import { l10n } from '../common/l10n';

/** Of the drawing, in its own units: the square of the points, and the room around it. */
const SIDE = 360;
const LEFT = 34;
const BELOW = 34;
const RADIUS = 9;
/** Points at the ends lie within the frame, and clear of the corners' names. */
const INSET = 16;
const NAMES = 20;

/** What a person does to a point. */
export interface QuadrantPlotEvents {
  mark: CustomEvent<number>;
}

/**
 * Layers by their ranks on general (to the right) and on domain text (upwards). One stop of the Tab key; arrows go from
 * layer to layer, Space marks.
 */
export class QuadrantPlot extends LitElement {
  static override properties = {
    points: { attribute: false },
    marked: { attribute: false },
    describe: { attribute: false },
    current: { state: true },
  };

  declare points: readonly QuadrantPoint[];
  declare marked: ReadonlySet<number>;
  declare describe: (point: QuadrantPoint) => string;
  declare private current: number;

  constructor() {
    super();
    this.current = 0;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    const [width, height] = [LEFT + SIDE, SIDE + BELOW];
    const middle = SIDE / 2;
    return html`<svg
      viewBox="0 0 ${width} ${height}"
      role="group"
      aria-label=${l10n.t('Layers by general and domain importance')}
      @keydown=${this.onKey}
    >
      <g aria-hidden="true">
        <rect class="frame" x=${LEFT} y="0" width=${SIDE} height=${SIDE}></rect>
        <rect class="wanted" x=${LEFT} y="0" width=${middle} height=${middle}></rect>
        <line class="frame" x1=${LEFT + middle} y1="0" x2=${LEFT + middle} y2=${SIDE}></line>
        <line class="frame" x1=${LEFT} y1=${middle} x2=${LEFT + SIDE} y2=${middle}></line>
        ${this.corner('domain', LEFT + 6, 14, 'start')} ${this.corner('both', LEFT + SIDE - 6, 14, 'end')}
        ${this.corner('neither', LEFT + 6, SIDE - 6, 'start')}
        ${this.corner('general', LEFT + SIDE - 6, SIDE - 6, 'end')}
        <text class="axis" x=${LEFT + middle} y=${SIDE + 22} text-anchor="middle">
          ${l10n.t('importance on general text →')}
        </text>
        <text class="axis" transform="translate(16 ${middle}) rotate(-90)" text-anchor="middle">
          ${l10n.t('importance on domain text →')}
        </text>
      </g>
      ${this.points.map((point, index) => this.point(point, index))}
    </svg>`;
  }

  private corner(quadrant: Quadrant, x: number, y: number, anchor: string): SVGTemplateResult {
    return svg`<text class="corner" x=${x} y=${y} text-anchor=${anchor}>${quadrantName(quadrant)}</text>`;
  }

  private point(point: QuadrantPoint, index: number): SVGTemplateResult {
    const x = LEFT + INSET + point.generalRank * (SIDE - 2 * INSET);
    const y = SIDE - INSET - NAMES - point.domainRank * (SIDE - 2 * (INSET + NAMES));
    const isMarked = this.marked.has(point.layer);
    return svg`<g class="point ${point.quadrant} ${isMarked ? 'marked' : ''}" transform="translate(${x} ${y})"
      role="checkbox" aria-checked=${isMarked ? 'true' : 'false'} aria-label=${this.describe(point)}
      tabindex=${index === this.current ? '0' : '-1'} data-layer=${point.layer}
      @click=${() => {
        this.mark(point, index);
      }}>
      <title>${this.describe(point)}</title>
      <circle r=${RADIUS}></circle>
      <text text-anchor="middle" dominant-baseline="central">${point.layer}</text>
    </g>`;
  }

  private mark({ layer }: QuadrantPoint, index: number): void {
    this.current = index;
    this.dispatchEvent(new CustomEvent('mark', { detail: layer }));
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const point = this.points[this.current];
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: 1,
      ArrowDown: 1,
      ArrowLeft: -1,
      ArrowUp: -1,
      Home: -this.points.length,
      End: this.points.length,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      this.current = Math.max(0, Math.min(this.points.length - 1, this.current + step));
      void this.updateComplete.then(() => {
        this.querySelector<SVGElement>('.point[tabindex="0"]')?.focus();
      });
    } else if ((event.key === ' ' || event.key === 'Enter') && point !== undefined) {
      event.preventDefault();
      this.mark(point, this.current);
    }
  };
}

/** What a quadrant means, in a few words. */
export function quadrantName(quadrant: Quadrant): string {
  switch (quadrant) {
    case 'domain':
      return l10n.t('important to domain text');
    case 'both':
      return l10n.t('important to both');
    case 'general':
      return l10n.t('important to general text');
    case 'neither':
      return l10n.t('important to neither');
  }
}
