import { tensorsOfUnit, unitsOf } from './architecture';
import type { ModelConfig } from './config';
import { groupsOf, type UnitGroups } from './unitGroups';

/** A unit that a model's layers are made of, whatever the family. */
export interface ModelUnit {
  readonly name: string;
  /** Numbers in it, weight and bias. */
  readonly parameters: number;
  /** The layers that have it, where not all do. */
  readonly layers?: readonly number[];
  /** How its weight is divided; absent where it has no groups, or the family's are not known. */
  readonly groups?: UnitGroups & {
    /** Numbers of the weight in each row or column. */
    readonly across: number;
  };
}

/** Whether a layer has a unit. */
export function hasUnit({ layers }: Pick<ModelUnit, 'layers'>, layer: number): boolean {
  return layers === undefined || layers.includes(layer);
}

/** The units of a model of the architecture table, in the order of the computation. */
export function modelUnits(config: ModelConfig): ModelUnit[] {
  return unitsOf(config).map((unit): ModelUnit => {
    const groups = groupsOf(config, unit.name);
    const across = groups?.along === 'rows' ? unit.shape[1] : unit.shape[0];
    return {
      name: unit.name,
      parameters: tensorsOfUnit(unit).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
      ...(groups ? { groups: { ...groups, across: across ?? 1 } } : {}),
    };
  });
}
