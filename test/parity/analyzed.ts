import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import * as v from 'valibot';
import { ImportanceFile, type UnitDefinition } from '../../src/shared/method/importance';
import { adeptResult } from '../support/command';
import type { Result } from './jobs';

/** Runs `adept analyze` and reads the importance.json that it wrote. */
export async function analyzed(out: string, args: readonly (string | number)[]): Promise<ImportanceFile> {
  await adeptResult(['analyze', '--out', out, ...args]);
  return v.parse(ImportanceFile, JSON.parse(readFileSync(out, 'utf8')));
}

const LOSS_NATS = 1e-4;
const LAYER_NATS = 1e-3;
const UNIT_RELATIVE = 0.01;
const CHANGE_RELATIVE = 1e-4;
// The paper's definition sums θ·∂L/∂θ with its sign; where that cancels to this share of the sum without signs, what
// remains is rounding.
const CANCELLATION = 1e-2;

/** The estimate of layer importance from one pass, each layer's within 1e-4 of its value. */
export function checkChanges(actual: ImportanceFile, expected: Result<'importance'>): void {
  assert.equal(actual.layers.length, expected.changes.length);
  for (const { index, importance } of actual.layers) {
    const other = expected.changes[index] ?? NaN;
    assert.ok(
      Math.abs(importance / other - 1) <= CHANGE_RELATIVE,
      `change of layer ${index}: ${importance}, PyTorch ${other}`,
    );
  }
  assert.ok(Math.abs(actual.baseLoss - expected.baseLoss) <= LOSS_NATS);
}

/** Base loss within 1e-4 nats, layers within 1e-3 nats, every unit within 1% of its value. */
export function checkImportance(
  t: TestContext,
  actual: ImportanceFile,
  expected: Result<'importance'>,
  definition: UnitDefinition,
): void {
  const worst = { loss: Math.abs(actual.baseLoss - expected.baseLoss), layer: 0, unit: 0 };
  assert.ok(worst.loss <= LOSS_NATS, `base loss ${actual.baseLoss}, PyTorch ${expected.baseLoss}`);
  assert.equal(actual.layers.length, expected.layers.length);
  for (const { index, importance } of actual.layers) {
    const other = expected.layers[index] ?? NaN;
    const error = Math.abs(importance - other);
    assert.ok(error <= LAYER_NATS, `layer ${index}: ${importance}, PyTorch ${other}`);
    worst.layer = Math.max(worst.layer, error);
  }
  assert.equal(actual.unitDefinition, definition);
  assert.equal(actual.units.length, expected.units.length);
  for (const unit of expected.units) {
    const value = unit[definition];
    const found = actual.units.find(({ layer, name }) => layer === unit.layer && name === unit.name);
    const ours = found?.importance ?? NaN;
    const allowed = Math.abs(value) + (definition === 'paper' ? CANCELLATION * unit.released : 0);
    const error = Math.abs(ours - value) / allowed;
    assert.ok(
      error <= UNIT_RELATIVE,
      `${unit.layer}.${unit.name} (${definition}): ${ours}, PyTorch ${value}`,
    );
    worst.unit = Math.max(worst.unit, error);
  }
  t.diagnostic(
    `largest deviation (${definition}): base loss ${worst.loss.toExponential(1)}, layer ${worst.layer.toExponential(1)} nats, unit ${worst.unit.toExponential(1)} of its value`,
  );
}
