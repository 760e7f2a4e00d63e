import { isBalancingBias, parseLayerTensorName, UNIT_NAMES, unitKindOf, type UnitKind } from './architecture';
import type { ModelOutline } from './outline';
import { writesOutput, zeroOf } from './outputUnits';
import { isUnread } from './unreadTensors';

/** A unit of one layer, as the weight files have it. */
export interface StoredUnit {
  readonly name: string;
  readonly kind: UnitKind;
  /** Whether it writes into the residual stream: at `zero` its layer computes the identity. */
  readonly output: boolean;
  /** The weight at which an output unit writes nothing: −1 of a norm that multiplies by 1 + weight, otherwise 0. */
  readonly zero: number;
  readonly tensors: readonly StoredTensor[];
}

export interface StoredTensor {
  /** As the checkpoint calls it. */
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * What every layer of a model of any family is made of, by its tensors' names: a unit is a module with what can train of it, and
 * the experts of a layer are one unit each of gate, up and down. By layer, each in the order of the architecture table, and what
 * that does not have last, in the order of the files.
 */
export function storedUnits(
  config: Pick<ModelOutline, 'family' | 'numHiddenLayers'>,
  tensors: Iterable<StoredTensor>,
): StoredUnit[][] {
  const layers: (Map<string, StoredTensor[]> | undefined)[] = [];
  for (const { name, shape } of tensors) {
    const parsed = parseLayerTensorName(name);
    if (parsed === undefined || isUnread(name, config) || isBalancingBias(name)) {
      continue;
    }
    const units = (layers[parsed.layer] ??= new Map<string, StoredTensor[]>());
    const unit = unitNameOf(parsed.rest);
    units.set(unit, [...(units.get(unit) ?? []), { name, shape }]);
  }
  return Array.from(layers, (units) =>
    [...(units ?? [])]
      .map(([name, own]) => unitOf(config.family, name, own))
      .sort((a, b) => unitOrder(a.name) - unitOrder(b.name)),
  );
}

function unitOf(family: string, name: string, tensors: readonly StoredTensor[]): StoredUnit {
  const weightFirst = [...tensors].sort((a, b) => Number(isBias(a.name)) - Number(isBias(b.name)));
  return {
    ...{ name, kind: unitKindOf(name), tensors: weightFirst },
    output: writesOutput(family, name),
    zero: zeroOf(family, name),
  };
}

/** The module that a layer's tensor belongs to; of one among several experts, all of them. */
export function unitNameOf(rest: string): string {
  return rest.replace(/(^|\.)experts\.\d+\./, '$1experts.').replace(/\.?[^.]+$/, '');
}

function isBias(name: string): boolean {
  return name.endsWith('.bias');
}

/** Position in the order of the computation; units that the table does not know come last, as they are stored. */
export function unitOrder(unit: string): number {
  const index = UNIT_NAMES.findIndex((known) => known === unit);
  return index < 0 ? UNIT_NAMES.length : index;
}
