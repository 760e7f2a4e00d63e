import { existsSync } from 'node:fs';
import { messageOf } from '../../shared/common/errors';
import type { RunEvent } from '../../shared/run/runFolder';
import { isProcessAlive } from '../../node/process/processAlive';
import { RunFolder } from '../../node/run/runFolder';
import { RunStatusReader } from '../../node/run/runStatus';
import { Listeners } from '../window/listeners';
import type { Exit } from '../process/detachedChild';
import { FolderWatches } from '../../node/files/folderWatches';
import { findRuns, signatureOf } from './runDiscovery';
import { type Asked, isLive, type Launch, type RunEntry } from './runEntry';

const TICK_MILLISECONDS = 1000;
/** Every so many ticks everything is looked at, also what no watch reported; the other ticks are for living runs. */
const TICKS_PER_SCAN = 10;
/** A burst of changes in a folder is one change. */
const SETTLE_MILLISECONDS = 150;

export interface RunSources {
  /** The folders whose subfolders are runs. */
  parents(): readonly string[];
  /** Runs that lie elsewhere. */
  single(): readonly string[];
}

/** New events of a run, in order. */
export interface NewEvents {
  readonly run: RunEntry;
  readonly events: readonly RunEvent[];
}

interface Row {
  entry: RunEntry;
  reader: RunStatusReader;
  signature: string;
}

/**
 * All runs of a workspace, kept up to date: living ones every second or sooner, the others when their files change. It
 * knows nothing of who started them, so that it finds after a reload what was there before.
 */
export class RunList {
  readonly onDidChange = new Listeners<readonly RunEntry[]>();
  readonly onNewEvents = new Listeners<NewEvents>();
  /** A run that was alive and is no longer. */
  readonly onDidEnd = new Listeners<RunEntry>();

  /** A run that is not in the list any more. */
  readonly onDidRemove = new Listeners<string>();

  private readonly rows = new Map<string, Row>();
  private readonly launches = new Map<string, Launch>();
  /** What trainers have granted and do after what they are at. */
  private readonly asked = new Map<string, Asked>();
  private readonly watches = new FolderWatches(() => {
    this.scanSoon();
  });
  private timer: NodeJS.Timeout | undefined;
  private soon: NodeJS.Timeout | undefined;
  private ticks = 0;
  private disposed = false;

  constructor(private readonly sources: RunSources) {}

  /** Looks for the first time, and from then on regularly. */
  start(): void {
    this.scan();
    this.timer ??= setInterval(() => {
      this.tick();
    }, TICK_MILLISECONDS).unref();
  }

  dispose(): void {
    this.disposed = true;
    clearInterval(this.timer);
    clearTimeout(this.soon);
    this.timer = undefined;
    this.soon = undefined;
    this.watches.dispose();
    this.onDidChange.clear();
    this.onNewEvents.clear();
    this.onDidEnd.clear();
    this.onDidRemove.clear();
  }

  /** Living runs first, then the latest. */
  get entries(): readonly RunEntry[] {
    return [...this.rows.values()].map(({ entry }) => entry).sort(byLifeAndTime);
  }

  get(path: string): RunEntry | undefined {
    return this.rows.get(path)?.entry;
  }

  get live(): readonly RunEntry[] {
    return this.entries.filter(isLive);
  }

  /** How many folders are watched. */
  get watched(): number {
    return this.watches.size;
  }

  /** A process was started for this run: it is in the list at once, whether its folder is there or not. */
  launched(path: string, launch: Launch): void {
    this.launches.set(path, launch);
    this.scan();
  }

  /** The process of a launch ended while this host looked. */
  exited(path: string, pid: number, exit: Exit): void {
    const launch = this.launches.get(path);
    if (launch?.pid === pid) {
      this.launches.set(path, { ...launch, exit });
      this.scan();
    }
  }

  /** The process of a launch ended before it could work on the run. */
  notStarted(path: string, failure: string): void {
    const launch = this.launches.get(path);
    if (launch !== undefined) {
      this.launches.set(path, { ...launch, failure });
      this.scan();
    }
  }

  /** The trainer of a run has granted something. */
  granted(path: string, what: Asked): void {
    this.asked.set(path, what);
    this.scan();
  }

  /** What was started for the run has done its part: the folder speaks for itself. */
  forget(path: string): void {
    this.launches.delete(path);
    this.scan();
  }

  /** Looks at everything now. */
  scan(): void {
    if (this.disposed) {
      return;
    }
    const before = this.snapshot();
    const found = new Set([
      ...this.sources.parents().flatMap(findRuns),
      ...this.sources.single().filter((path) => existsSync(path)),
      ...this.launches.keys(),
    ]);
    for (const path of [...this.rows.keys()]) {
      if (!found.has(path)) {
        this.rows.delete(path);
        this.asked.delete(path);
        this.onDidRemove.emit(path);
      }
    }
    for (const path of found) {
      this.look(path);
    }
    this.watches.set(this.sources.parents());
    this.emitIfChanged(before);
  }

  private tick(): void {
    this.ticks += 1;
    if (this.ticks % TICKS_PER_SCAN === 0) {
      this.scan();
      return;
    }
    const before = this.snapshot();
    for (const { path } of this.live) {
      this.look(path);
    }
    this.emitIfChanged(before);
  }

  private scanSoon(): void {
    this.soon ??= setTimeout(() => {
      this.soon = undefined;
      this.scan();
    }, SETTLE_MILLISECONDS).unref();
  }

  /** Brings one row up to date. */
  private look(path: string): void {
    const signature = signatureOf(path);
    const row = this.rows.get(path);
    const launch = this.launches.get(path);
    const same = row?.signature === signature && row.entry.launch === launch;
    if (same && !isLive(row.entry)) {
      return;
    }
    const reader = row?.reader ?? new RunStatusReader(RunFolder.at(path));
    const read = readEntry(path, reader, launch);
    const { events } = read;
    const entry = this.withAsked(read.entry);
    this.rows.set(path, { entry, reader, signature });
    if (events.length > 0) {
      this.onNewEvents.emit({ run: entry, events });
    }
    if (row !== undefined && isLive(row.entry) && !isLive(entry)) {
      this.onDidEnd.emit(entry);
    }
  }

  /** With what was asked of its trainer, as long as that is not done. */
  private withAsked(entry: RunEntry): RunEntry {
    const asked = this.asked.get(entry.path);
    if (asked === undefined) {
      return entry;
    }
    if (asked === 'pause' ? entry.state !== 'running' : !isLive(entry)) {
      this.asked.delete(entry.path);
      return entry;
    }
    return { ...entry, asked };
  }

  private snapshot(): string {
    return JSON.stringify(this.entries);
  }

  private emitIfChanged(before: string): void {
    if (this.snapshot() !== before) {
      this.onDidChange.emit(this.entries);
    }
  }
}

function readEntry(
  path: string,
  reader: RunStatusReader,
  launch: Launch | undefined,
): { entry: RunEntry; events: readonly RunEvent[] } {
  const common = { path, ...(launch === undefined ? {} : { launch }) };
  try {
    const { status, events } = reader.read();
    if (status.pid === null && launch !== undefined) {
      if (launch.failure !== undefined) {
        return { entry: { ...common, state: 'failed', status, problem: launch.failure }, events };
      }
      if (launch.exit === undefined && isProcessAlive(launch.pid, launch.processToken)) {
        return { entry: { ...common, state: 'starting', status }, events };
      }
    }
    return { entry: { ...common, state: status.state, status }, events };
  } catch (error) {
    return { entry: { ...common, state: 'unreadable', problem: messageOf(error) }, events: [] };
  }
}

function byLifeAndTime(a: RunEntry, b: RunEntry): number {
  return (
    Number(isLive(b)) - Number(isLive(a)) ||
    timeOf(b).localeCompare(timeOf(a)) ||
    a.path.localeCompare(b.path)
  );
}

/** When the run was made; ISO times sort as texts. */
function timeOf({ status, launch }: RunEntry): string {
  return status?.createdAt ?? launch?.startedAt ?? '';
}
