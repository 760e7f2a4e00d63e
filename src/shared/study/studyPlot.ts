import { axisTicks, type Axis } from '../common/axisTicks';
import { placeLabels } from './plotLabels';
import type { ArmSummary, Spread } from './studySummary';

const WIDTH = 640;
const HEIGHT = 420;
const MARGIN = { left: 70, right: 130, top: 20, bottom: 50 };
/** Of the values' range, the room around them. */
const PADDING = 0.1;

/**
 * Domain gain (to the right) against the rise of general loss (upwards), nats, an arm a point, with the range over seeds: the further
 * down on the right, the better. An SVG of its own, readable on light and dark ground.
 */
export function studyPlot(summaries: readonly ArmSummary[]): string {
  const x = axisOf(summaries.map(({ domainGain }) => domainGain));
  const y = axisOf(summaries.map(({ generalRise }) => generalRise));
  const left = (value: number): number =>
    MARGIN.left + ((value - x.low) / (x.high - x.low)) * (WIDTH - MARGIN.left - MARGIN.right);
  const top = (value: number): number =>
    HEIGHT - MARGIN.bottom - ((value - y.low) / (y.high - y.low)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const centres = summaries.map(({ arm, domainGain, generalRise }) => ({
    x: left(domainGain.mean),
    y: top(generalRise.mean),
    text: arm,
  }));
  const labels = placeLabels(centres, { width: WIDTH, height: HEIGHT - MARGIN.bottom });
  const points = summaries.map(({ arm, domainGain, generalRise }, index) => {
    const [cx, cy] = [left(domainGain.mean), top(generalRise.mean)];
    const label = labels[index];
    return [
      line(left(domainGain.lowest), cy, left(domainGain.highest), cy),
      line(cx, top(generalRise.lowest), cx, top(generalRise.highest)),
      label?.leader === undefined
        ? ''
        : line(cx, cy, label.leader.x, label.leader.y, ' stroke-opacity="0.5"'),
      `<circle cx="${at(cx)}" cy="${at(cy)}" r="5" fill="${arm === 'adept' ? '#b5560d' : '#1a85ff'}"/>`,
      label === undefined ? '' : `<text x="${at(label.x)}" y="${at(label.y)}">${arm}</text>`,
    ].join('');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#767676" stroke-width="1">
${axes(x, y, left, top)}
${points.join('\n')}
</svg>
`;
}

function axisOf(spreads: readonly Spread[]): Axis {
  const low = Math.min(0, ...spreads.map(({ lowest }) => lowest));
  const high = Math.max(0, ...spreads.map(({ highest }) => highest));
  const room = (high - low || 1) * PADDING;
  return { low: low - room, high: high + room };
}

function axes(x: Axis, y: Axis, left: (value: number) => number, top: (value: number) => number): string {
  const [begin, end] = [MARGIN.left, WIDTH - MARGIN.right];
  const [above, below] = [MARGIN.top, HEIGHT - MARGIN.bottom];
  return [
    line(begin, below, end, below),
    line(begin, above, begin, below),
    line(begin, top(0), end, top(0), ' stroke-dasharray="3 3"'),
    ...axisTicks(x).map(
      ({ value, text }) =>
        `<text x="${at(left(value))}" y="${below + 18}" text-anchor="middle">${text}</text>`,
    ),
    ...axisTicks(y).map(
      ({ value, text }) =>
        `<text x="${begin - 6}" y="${at(top(value) + 4)}" text-anchor="end">${text}</text>`,
    ),
    `<text x="${(begin + end) / 2}" y="${HEIGHT - 8}" text-anchor="middle">domain gain, nats</text>`,
    `<text transform="translate(14 ${(above + below) / 2}) rotate(-90)" text-anchor="middle">change of general loss, nats</text>`,
  ].join('\n');
}

function line(x1: number, y1: number, x2: number, y2: number, more = ''): string {
  return `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" stroke="#767676"${more}/>`;
}

function at(value: number): string {
  return value.toFixed(1);
}
