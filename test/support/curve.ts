import assert from 'node:assert/strict';
import type { RunEvent } from '../../src/shared/run/runFolder';

/** Numbers of a run by what they are of: `loss 5`, `domain loss 10`, `rate 10 3 mlp.up_proj`. */
export type Curve = ReadonlyMap<string, number>;

/** What is compared with the largest of its kind, since single ones may be near 0. */
const OF_LARGEST = ['norm', 'rate'];

/** Of every step loss and norm, of every refresh the rates, of every evaluation the losses; of what was done again the last. */
export function curveOf(events: readonly RunEvent[]): Curve {
  return new Map(events.flatMap(pointsOf));
}

function pointsOf(event: RunEvent): [string, number][] {
  if (event.type === 'step') {
    return [
      [`loss ${event.step}`, event.loss],
      [`norm ${event.step}`, event.gradNorm],
    ];
  }
  if (event.type === 'importance') {
    return event.units.map(({ layer, name, learningRate }) => [
      `rate ${event.step} ${layer} ${name}`,
      learningRate,
    ]);
  }
  if (event.type === 'eval') {
    return [
      [`domain loss ${event.step}`, event.domainLoss ?? NaN],
      [`general loss ${event.step}`, event.generalLoss ?? NaN],
    ];
  }
  return [];
}

/** What of a curve, which may be a part, is not as expected: a sentence for each number. */
export function differencesOf(actual: Curve, expected: Curve, tolerance: number): string[] {
  const largest = new Map(
    OF_LARGEST.map((kind) => [
      kind,
      Math.max(...[...expected].map(([name, value]) => (kindOf(name) === kind ? Math.abs(value) : 0))),
    ]),
  );
  return [...actual].flatMap(([name, value]) => {
    const wanted = expected.get(name) ?? NaN;
    const scale = largest.get(kindOf(name)) ?? Math.abs(wanted);
    return Math.abs(value - wanted) <= tolerance * scale ? [] : [`${name} is ${value}, not ${wanted}`];
  });
}

/** The same numbers are there, and each is within the tolerance. */
export function assertSameCurve(actual: Curve, expected: Curve, tolerance: number): void {
  assert.deepEqual([...actual.keys()].sort(), [...expected.keys()].sort());
  assert.deepEqual(differencesOf(actual, expected, tolerance), []);
}

function kindOf(name: string): string {
  return name.slice(0, name.indexOf(' '));
}
