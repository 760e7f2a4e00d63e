import {
  type ComparedLayer,
  type Comparison,
  pointName,
  relativeChange,
  type TensorChange,
  type UnitChange,
} from '../../../shared/run/comparison';
import { inputError } from '../../../shared/common/errors';
import { parseLayerTensorName } from '../../../shared/model/architecture';
import { unitOrder, unitNameOf } from '../../../shared/model/storedUnits';
import { yieldToEventLoop, type Task } from '../../task';
import { ComparedWeights, type PointRequest } from './comparedWeights';
import { originOf, translateName } from './layerOrigin';

/** A tensor that both sides have, by its name in either. */
interface Pair {
  readonly a: string;
  readonly b: string;
}

/** Sums over the tensors of a unit. */
interface Sums {
  parameters: number;
  squares: number;
  differenceSquares: number;
}

/**
 * How far each unit's parameters lie apart at two points of one run or of two, with the metrics of both. Layers of two
 * different expansions are matched by what they are copies of. One pair of tensors at a time lies in memory.
 * @throws AdeptError (input) when a point does not exist, or the two have nothing trained in common.
 */
export async function compare(
  requestA: PointRequest,
  requestB: PointRequest,
  task: Task,
): Promise<Comparison> {
  const a = ComparedWeights.open(requestA);
  try {
    const b = ComparedWeights.open(requestB);
    try {
      return await compareWeights(a, b, task);
    } finally {
      b.close();
    }
  } finally {
    a.close();
  }
}

async function compareWeights(a: ComparedWeights, b: ComparedWeights, task: Task): Promise<Comparison> {
  const { pairs, notes } = matchTensors(a, b);
  const sums = new Map<string, Sums>();
  for (const [index, pair] of pairs.entries()) {
    await yieldToEventLoop(task);
    task.report(index / pairs.length, `comparing ${pair.a}`);
    addPair(sumsOf(sums, unitOf(pair.a)), pair, a, b);
  }
  const changes = [...sums].map(([unit, sum]) => ({ ...splitUnit(unit), ...changeOf(sum) }));
  const units = changes.flatMap(({ layer, ...rest }): UnitChange[] =>
    layer === undefined ? [] : [{ layer, ...rest }],
  );
  const outer = changes.flatMap(({ layer, ...rest }): TensorChange[] => (layer === undefined ? [rest] : []));
  return {
    format: 'adept.comparison/1',
    a: a.point,
    b: b.point,
    layers: layersOf(pairs, a),
    units: units.sort((x, y) => x.layer - y.layer || unitOrder(x.name) - unitOrder(y.name)),
    outer,
    notes: [...notes, ...zeroNotes(a, units)],
  };
}

/** The tensors that were trained at either point and exist at both. */
function matchTensors(a: ComparedWeights, b: ComparedWeights): { pairs: Pair[]; notes: string[] } {
  const candidates = new Map<string, Pair>();
  const onlyA = new Set<string>();
  const onlyB = new Set<string>();
  for (const name of a.trained) {
    const inB = translateName(name, a.manifest, b.manifest);
    if (inB !== undefined && b.has(inB)) {
      candidates.set(name, { a: name, b: inB });
    } else {
      onlyA.add(layerLabel(name));
    }
  }
  for (const name of b.trained) {
    const inA = translateName(name, b.manifest, a.manifest);
    if (inA !== undefined && a.has(inA)) {
      candidates.set(inA, { a: inA, b: name });
    } else {
      onlyB.add(layerLabel(name));
    }
  }
  if (candidates.size === 0) {
    throw inputError(
      a.point.base && b.point.base
        ? `${a.point.run} and ${b.point.run}: both are the model before the first step: name a checkpoint of at least one.`
        : `${a.point.run} (${pointName(a.point)}) and ${b.point.run} (${pointName(b.point)}): no tensor was trained that both have: compare runs of the same base model.`,
    );
  }
  return {
    pairs: [...candidates.values()],
    notes: [...aloneNotes('A', onlyA), ...aloneNotes('B', onlyB)],
  };
}

function layerLabel(name: string): string {
  const parsed = parseLayerTensorName(name);
  return parsed ? `layer ${parsed.layer}` : name;
}

function aloneNotes(side: string, names: ReadonlySet<string>): string[] {
  return names.size === 0
    ? []
    : [`Trained in ${side} only, so not compared: ${[...names].sort().join(', ')}.`];
}

function zeroNotes(a: ComparedWeights, units: readonly UnitChange[]): string[] {
  const zero = units.filter(({ change }) => change === null);
  if (zero.length === 0) {
    return [];
  }
  const names = [...new Set(zero.map(({ name }) => name))].join(', ');
  return [
    `${zero.length} ${zero.length === 1 ? 'unit is' : 'units are'} zero in A (${pointName(a.point)}; ${names}), as the output projections of a fresh copy are: there is no relative change, only a difference.`,
  ];
}

/** `layer 3 self_attn.q_proj` of a tensor in a layer, the name itself of one outside. */
function unitOf(name: string): string {
  const parsed = parseLayerTensorName(name);
  return parsed ? `${parsed.layer} ${unitNameOf(parsed.rest)}` : name;
}

function splitUnit(unit: string): { layer: number | undefined; name: string } {
  const [, layer, name] = /^(\d+) (.+)$/.exec(unit) ?? [];
  return layer === undefined || name === undefined
    ? { layer: undefined, name: unit }
    : { layer: Number(layer), name };
}

function sumsOf(sums: Map<string, Sums>, unit: string): Sums {
  const known = sums.get(unit);
  if (known) {
    return known;
  }
  const fresh = { parameters: 0, squares: 0, differenceSquares: 0 };
  sums.set(unit, fresh);
  return fresh;
}

function addPair(sums: Sums, pair: Pair, a: ComparedWeights, b: ComparedWeights): void {
  const shapes = [a.shape(pair.a), b.shape(pair.b)].map((shape) => `[${shape.join(', ')}]`);
  if (shapes[0] !== shapes[1]) {
    throw inputError(
      `${b.point.run}: tensor "${pair.b}" has shape ${shapes[1] ?? ''}, ${a.point.run} has ${shapes[0] ?? ''}: compare runs of the same base model.`,
    );
  }
  const before = a.read(pair.a);
  const after = b.read(pair.b);
  for (let index = 0; index < before.length; index++) {
    const value = before[index] ?? 0;
    const difference = (after[index] ?? 0) - value;
    sums.squares += value * value;
    sums.differenceSquares += difference * difference;
  }
  sums.parameters += before.length;
}

function changeOf({ parameters, squares, differenceSquares }: Sums): Omit<TensorChange, 'name'> {
  const norm = Math.sqrt(squares);
  const difference = Math.sqrt(differenceSquares);
  return { parameters, norm, difference, change: relativeChange(norm, difference) };
}

function layersOf(pairs: readonly Pair[], a: ComparedWeights): ComparedLayer[] {
  const layers = new Map<number, ComparedLayer>();
  for (const pair of pairs) {
    const inA = parseLayerTensorName(pair.a);
    const inB = parseLayerTensorName(pair.b);
    if (inA && inB) {
      const { layer } = inA;
      layers.set(layer, { layer, layerInB: inB.layer, ...originOf(layer, a.manifest) });
    }
  }
  return [...layers.values()].sort((x, y) => x.layer - y.layer);
}
