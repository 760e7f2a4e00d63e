import { messageOf } from '../../shared/errors';
import { EventLog } from '../../node/eventLog';
import type { RunFolder } from '../../node/runFolder';
import type { Engine } from '../engine/engine';
import { CausalLM } from '../model/causalLM';
import { ControlServer } from './controlServer';
import { TrainerPresence } from './trainerPresence';
import type { TuneInput } from './tuneInput';
import { TuneSession, type TuneHooks, type TuneOutcome } from './tuneSession';
import { Wishes } from './wishes';

/**
 * Tunes the model of a run folder from its last checkpoint, or from the start, to its last step. While it works,
 * trainer.json says so and its control socket answers; SIGINT and SIGTERM stop it as `adept stop` does.
 * @throws AdeptError (input) when another trainer works on the run; (failure) when the loss is no number, after the last
 * good state is saved.
 */
export async function tuneRun(
  run: RunFolder,
  input: TuneInput,
  engine: Engine,
  hooks: TuneHooks,
): Promise<TuneOutcome> {
  const wishes = new Wishes();
  let session: TuneSession | undefined;
  const control = await ControlServer.listen(
    wishes.handlers(() => TuneSession.statusOf(session, input.spec.tune)),
  );
  const stop = (): void => {
    wishes.requestStop();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    // Before the event log is opened, which cuts off a torn last line: a living trainer may be in the middle of one.
    const presence = TrainerPresence.claim(run, control.address, engine.describe());
    const log = EventLog.open(run.file('events'), hooks.onEvent);
    try {
      return await withModel(engine, input, hooks, async (model) => {
        session = new TuneSession({ folder: run, input, model, log, wishes, hooks });
        try {
          return await session.run(() => {
            presence.beat();
          });
        } finally {
          session.close();
        }
      });
    } catch (error) {
      log.append({ type: 'error', message: messageOf(error), step: session?.step ?? 0 });
      throw error;
    } finally {
      log.close();
      presence.end();
    }
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    control.close();
  }
}

async function withModel<T>(
  engine: Engine,
  input: TuneInput,
  hooks: TuneHooks,
  work: (model: CausalLM) => Promise<T>,
): Promise<T> {
  const model = CausalLM.load(engine, input.spec.model, (layer, layers) => {
    hooks.task.report(0, `loading layer ${layer + 1} of ${layers}`);
  });
  try {
    return await work(model);
  } finally {
    model.dispose();
  }
}
