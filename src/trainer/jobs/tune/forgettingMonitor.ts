import { readCheckpointState } from '../../../node/run/checkpointState';
import { firstLosses } from '../../../node/run/firstLosses';
import { readEvents } from '../../../node/run/eventWriter';
import type { RunFolder } from '../../../node/run/runFolder';
import type { ModelUnit } from '../../../shared/model/modelUnits';
import type { TextLosses } from '../../../shared/run/losses';
import type { Remedy } from '../../../shared/run/logSubject';
import type { TuneSettings } from '../../../shared/settings/tuneSettings';
import {
  forgettingResponse,
  forgettingViolation,
  type ForgettingResponse,
} from '../../method/forgettingLimit';
import type { Progress } from './progress';

/** Holds a run's evaluations against its forgetting limit. */
export class ForgettingMonitor {
  private before: TextLosses | undefined;

  constructor(
    private readonly folder: RunFolder,
    private readonly settings: TuneSettings,
    private readonly units: readonly Pick<ModelUnit, 'name' | 'parameters'>[],
  ) {}

  /** Whether the run may be taken back to a checkpoint, and so needs one from its very start. */
  get rollsBack(): boolean {
    return this.settings.maxGeneralRise !== undefined && this.settings.onGeneralRise === 'rollBack';
  }

  /** What the evaluation at step 0 found, by whichever trainer. */
  lossesBefore(): TextLosses {
    this.before ??= firstLosses(this.folder);
    return this.before;
  }

  /** What the evaluation at this step, if there was one, shows beyond the limit; undefined when nothing. */
  violation({ step, evaluatedAt, generalLoss }: Progress): string | undefined {
    const limit = this.settings.maxGeneralRise;
    return limit === undefined || evaluatedAt !== step
      ? undefined
      : forgettingViolation(limit, this.lossesBefore().generalLoss, generalLoss);
  }

  /** What to do where there is such a violation. */
  response({ step, baseLearningRate, units }: Progress): ForgettingResponse {
    const { settings } = this;
    const response = forgettingResponse({
      settings,
      baseLearningRate,
      units,
      sizeOf: (name) => this.units.find((unit) => unit.name === name)?.parameters ?? 0,
      goodCheckpoints: settings.onGeneralRise === 'rollBack' ? this.goodCheckpoints() : [],
    });
    return step === settings.steps && (response.kind === 'lower' || response.kind === 'freeze')
      ? { kind: 'stop', because: 'this was the last step' }
      : response;
  }

  private goodCheckpoints(): number[] {
    const limit = this.settings.maxGeneralRise ?? 0;
    const { generalLoss: before } = this.lossesBefore();
    const losses = new Map(
      readEvents(this.folder.file('events')).flatMap((event) =>
        event.type === 'checkpoint' ? [[event.step, event.generalLoss]] : [],
      ),
    );
    return this.folder.checkpoints().filter((step) => {
      const told = losses.get(step);
      // A kill may have come between a checkpoint and its event.
      const loss = told === undefined ? readCheckpointState(this.folder, step).generalLoss : told;
      return forgettingViolation(limit, before, loss) === undefined;
    });
  }
}

/** What a response does, for the end of a sentence. */
export function responseText(response: ForgettingResponse): string {
  switch (response.kind) {
    case 'stop':
      return `${response.because === undefined ? '' : `${response.because}: `}the run stops`;
    case 'lower':
      return `the base learning rate is lowered to ${response.baseLearningRate}`;
    case 'freeze': {
      const names = response.frozen.map(({ layer, name }) => `${layer}.${name}`);
      return `${names.length} units train no more: ${names.join(', ')}`;
    }
    case 'rollBack':
      return `the run goes back to the checkpoint at step ${response.step}, with a base learning rate of ${response.baseLearningRate}`;
  }
}

/** The same for whoever shows it. @param from the base learning rate in force */
export function remedyOf(response: ForgettingResponse, from: number): Remedy {
  switch (response.kind) {
    case 'stop':
      return { kind: 'stop' };
    case 'lower':
      return { kind: 'lower', from, to: response.baseLearningRate };
    case 'freeze':
      return {
        kind: 'freeze',
        units: response.frozen.map(({ layer, name }) => ({ layer, name })),
        left: response.units.filter(({ frozen }) => frozen !== true).length,
      };
    case 'rollBack':
      return { kind: 'rollBack', back: response.step, from, to: response.baseLearningRate };
  }
}
