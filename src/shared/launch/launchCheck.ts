import * as v from 'valibot';
import type { EngineState } from '../engines/engineState';
import { slowEngineText } from '../engines/slowEngine';
import { parameterCount } from '../model/architecture';
import type { Localizer } from '../common/localizer';
import { settingsSchema } from '../settings/settingTable';
import { TUNE_SETTINGS } from '../settings/tuneSettings';
import { tuneWarnings } from '../settings/tuneWarnings';
import type { FormField, FormReading } from './launchForm';
import type { Price } from '../estimate/estimate';
import type { PlanPrice, PricedModel } from './planPrice';

/** What a machine has; undefined where it does not say. */
export interface MachineRoom {
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  /** Where runs are written. */
  readonly freeDiskBytes?: number | undefined;
}

/** What stands against a launch, or speaks against it. */
export interface LaunchWarning {
  readonly field: FormField | 'memory' | 'disk';
  readonly text: string;
}

export interface LaunchFacts {
  readonly reading: FormReading;
  readonly model: PricedModel;
  readonly price: PlanPrice;
  readonly machine: MachineRoom;
  /** How many layers are marked. */
  readonly copies: number;
  readonly engines: EngineState;
}

/** What a run would refuse because of the model. */
export function problemsOfModel(
  { settings }: Pick<FormReading, 'settings'>,
  model: PricedModel,
  l10n: Localizer,
): [FormField, string][] {
  const seqLen = Number(settings.seqLen ?? TUNE_SETTINGS.seqLen.default);
  const positions = model.known ? model.config.maxPositionEmbeddings : Infinity;
  return seqLen > positions
    ? [['seqLen', l10n.t('The model has {0} positions: give {0} or less.', positions)]]
    : [];
}

/** What a run would take, and hardly anybody means; and what the machine hardly has. */
export function launchWarnings(facts: LaunchFacts, l10n: Localizer): LaunchWarning[] {
  const { reading, copies } = facts;
  const filled = { steps: 1, learningRate: 1e-4, ...reading.settings };
  const tune = v.parse(settingsSchema(TUNE_SETTINGS), filled);
  const ofSettings = tuneWarnings(tune, l10n)
    // What cannot be used at all is a problem of its own.
    .filter(({ setting }) => !reading.problems.has(setting) && !reading.problems.has('steps'))
    .map(({ setting, warning }) => ({ field: setting, text: warning }));
  return [
    ...ofGeneralLoss(facts, l10n),
    ...ofEngine(facts, l10n),
    ...ofSettings,
    ...(copies === 0 ? [] : roomWarnings(facts, tune.steps, tune.saveEvery, l10n)),
  ];
}

/** What general loss is measured on, if not on text of its own. */
function ofGeneralLoss({ reading, copies }: LaunchFacts, l10n: Localizer): LaunchWarning[] {
  return copies === 0 || reading.files.evalGeneral.length > 0
    ? []
    : [
        {
          field: 'evalGeneral',
          text: l10n.t(
            'General loss is measured on the probe, by which layers and rates are chosen: name other general text to see what is really forgotten.',
          ),
        },
      ];
}

function ofEngine({ reading, model, engines }: LaunchFacts, l10n: Localizer): LaunchWarning[] {
  const parameters = model.known ? parameterCount(model.config) : undefined;
  const text = slowEngineText(parameters, reading.compute.engine, engines, l10n);
  return text === undefined ? [] : [{ field: 'engine', text }];
}

function roomWarnings(
  { price, model, machine }: LaunchFacts,
  steps: number,
  saveEvery: number,
  l10n: Localizer,
): LaunchWarning[] {
  if (!price.known) {
    return [];
  }
  const { memoryBytes } = price.estimate;
  const warnings: LaunchWarning[] = [];
  if (memoryBytes !== undefined && memoryBytes > machine.memoryBytes) {
    warnings.push({
      field: 'memory',
      text: l10n.t(
        'It needs about {0} of memory, and this machine has {1}.',
        gigabytes(memoryBytes),
        gigabytes(machine.memoryBytes),
      ),
    });
  } else if (memoryBytes !== undefined && memoryBytes > machine.freeMemoryBytes) {
    warnings.push({
      field: 'memory',
      text: l10n.t(
        'It needs about {0} of memory, and {1} are free now.',
        gigabytes(memoryBytes),
        gigabytes(machine.freeMemoryBytes),
      ),
    });
  }
  const disk = diskBytes(price.estimate, model, Math.ceil(steps / saveEvery));
  if (machine.freeDiskBytes !== undefined && disk > machine.freeDiskBytes) {
    warnings.push({
      field: 'disk',
      text: l10n.t(
        'Its models and checkpoints take about {0} of disk, and {1} are free: save less often.',
        gigabytes(disk),
        gigabytes(machine.freeDiskBytes),
      ),
    });
  }
  return warnings;
}

/** The expanded and the exported model, and in each checkpoint what trains and two moments of it in float32. */
function diskBytes(
  { parametersTrained, trainableShare }: Pick<Price, 'parametersTrained' | 'trainableShare'>,
  model: PricedModel,
  checkpoints: number,
): number {
  const all = trainableShare === 0 ? 0 : parametersTrained / trainableShare;
  return 2 * all * (model.known && model.inBfloat16 ? 2 : 4) + parametersTrained * 4 * 3 * checkpoints;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toPrecision(3)} GB`;
}
