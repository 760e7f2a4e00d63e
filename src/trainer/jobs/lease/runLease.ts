import { messageOf } from '../../../shared/common/errors';
import type { TrainerStatus } from '../../../shared/run/protocol';
import type { NewRunEvent, RunEvent } from '../../../shared/run/runFolder';
import { EventWriter } from '../../../node/run/eventWriter';
import { RunRecords } from '../../../node/run/records/runRecords';
import type { RunFolder } from '../../../node/run/runFolder';
import type { ExecutorDescription } from '../../executor/executor';
import type { Task } from '../../task';
import { ControlServer } from './controlServer';
import { TrainerHeartbeat } from './trainerHeartbeat';
import { ResourceSampler } from './resourceSampler';
import { ControlRequests } from './controlRequests';

export interface RunHooks {
  readonly task: Task;
  readonly onEvent: (event: RunEvent) => void;
}

export interface LeaseOptions {
  readonly folder: RunFolder;
  readonly engine: ExecutorDescription;
  readonly hooks: RunHooks;
  /** What the control socket answers until the work has something better to say. */
  readonly status: TrainerStatus;
}

// A line every few seconds shows that a long stage goes on, and does not fill the log.
const PROGRESS_INTERVAL_MILLISECONDS = 2000;

/**
 * A trainer at work on a run folder: named in trainer.json, reachable by its control socket, its events logged. SIGINT and
 * SIGTERM stop it as `adept stop` does.
 */
export class RunLease {
  private lastProgress = 0;

  private constructor(
    private readonly options: LeaseOptions,
    readonly log: EventWriter,
    readonly requests: ControlRequests,
    private readonly heartbeat: TrainerHeartbeat,
    private readonly answer: { status: () => TrainerStatus },
  ) {}

  /**
   * Claims the run folder for as long as `work` takes. What `work` throws is logged as an error event.
   * @throws AdeptError (input) when another trainer works on the run.
   */
  static async hold<T>(options: LeaseOptions, work: (lease: RunLease) => Promise<T>): Promise<T> {
    const { folder, engine, hooks } = options;
    const requests = new ControlRequests();
    const answer = { status: () => options.status };
    const control = await ControlServer.listen(requests.handlers(() => answer.status()));
    const stop = (): void => {
      requests.requestStop();
    };
    process.on('SIGINT', stop).on('SIGTERM', stop);
    try {
      // Before the event log is opened, which cuts off a torn last line: a living trainer may be in the middle of one.
      const heartbeat = TrainerHeartbeat.claim(folder, control.address, engine);
      try {
        const records = new RunRecords(folder);
        const log = EventWriter.open(folder.file('events'), (event) => {
          records.add(event);
          hooks.onEvent(event);
        });
        const lease = new RunLease(options, log, requests, heartbeat, answer);
        return await records.during(
          (problem) => {
            log.appendIfPossible({ type: 'log', level: 'warn', message: problem });
          },
          () => lease.serve(work),
        );
      } finally {
        heartbeat.end();
      }
    } finally {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      await control.close();
    }
  }

  private async serve<T>(work: (lease: RunLease) => Promise<T>): Promise<T> {
    const sampler = ResourceSampler.start({
      emit: (use) => {
        // A full disk is told by the next event that the run cannot do without.
        this.log.appendIfPossible({ type: 'resources', ...use });
      },
    });
    try {
      return await work(this);
    } catch (error) {
      this.log.appendIfPossible({
        type: 'error',
        message: messageOf(error),
        step: this.answer.status().step,
      });
      throw error;
    } finally {
      sampler.end();
      this.log.close();
    }
  }

  /** What computes, as events say it. */
  get engine(): ExecutorDescription {
    return this.options.engine;
  }

  get folder(): RunFolder {
    return this.options.folder;
  }

  emit(event: NewRunEvent): void {
    this.log.append(event);
  }

  /** From now on the control socket answers with this. */
  answerWith(status: () => TrainerStatus): void {
    this.answer.status = status;
  }

  /** Says in trainer.json that the trainer lives; called often, it writes seldom. */
  refreshHeartbeat(): void {
    this.heartbeat.refresh();
  }

  /** The task of a run's steps, which look after requests themselves. Its reports keep the heartbeat going. */
  get task(): Task {
    return {
      report: (fraction, message) => {
        this.refreshHeartbeat();
        this.options.hooks.task.report(fraction, message);
      },
      log: (message) => {
        this.emit({ type: 'log', level: 'info', message });
      },
    };
  }

  /**
   * The task of what stands between the steps of a run and may take long: whoever watches is told what it is. What is over
   * before that leaves no trace in the log.
   */
  phaseTask(stage: string): Task {
    const { task } = this;
    let begin = Date.now();
    return {
      ...task,
      report: (fraction, message) => {
        task.report(fraction, message);
        const now = Date.now();
        if (fraction === 0) {
          begin = now;
        } else if (now - Math.max(begin, this.lastProgress) >= PROGRESS_INTERVAL_MILLISECONDS) {
          this.lastProgress = now;
          this.emit({ type: 'progress', stage, fraction, message });
        }
      },
    };
  }

  /** The task of a stage around tuning: its progress is logged, and a request to stop cancels it. */
  stageTask(stage: string): Task {
    const { task } = this;
    return {
      ...task,
      signal: this.requests.signal,
      report: (fraction, message) => {
        task.report(fraction, message);
        if (Date.now() - this.lastProgress >= PROGRESS_INTERVAL_MILLISECONDS) {
          this.lastProgress = Date.now();
          this.emit({ type: 'progress', stage, fraction, message });
        }
      },
    };
  }
}
