import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import * as v from 'valibot';
import type * as vscode from 'vscode';
import { runParents } from '../window/folders';
import { PersistedValue } from '../window/persistedValue';

const Paths = v.array(v.string());

/** Where the runs of this workspace lie: below some folders, and those that were opened elsewhere. */
export class RunPaths {
  private readonly elsewhere: PersistedValue<typeof Paths>;
  /** The folders of the runs of studies that were run or opened here. */
  private readonly studies: PersistedValue<typeof Paths>;

  constructor(
    { workspaceState }: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.elsewhere = new PersistedValue(workspaceState, 'runs.opened', Paths, []);
    this.studies = new PersistedValue(workspaceState, 'runs.studies', Paths, []);
  }

  /** The folders whose subfolders are runs. */
  get parents(): string[] {
    return [...new Set([...runParents(this.log), ...this.studies.value])];
  }

  /** Runs that lie elsewhere. */
  get single(): readonly string[] {
    return this.elsewhere.value;
  }

  /** @returns whether the run was not known to be a place of one before */
  async add(run: string): Promise<boolean> {
    if (this.parents.includes(dirname(run)) || this.single.includes(run)) {
      return false;
    }
    await this.elsewhere.set([...this.single, run]);
    return true;
  }

  /** @param folder whose subfolders are the runs of a study @returns whether it is new */
  async addStudy(folder: string): Promise<boolean> {
    if (this.studies.value.includes(folder)) {
      return false;
    }
    // A study that is gone needs no watch.
    const kept = this.studies.value.filter((other) => existsSync(dirname(other)));
    await this.studies.set([...kept, folder]);
    return true;
  }

  /** Whether a run is one of a study that was run or opened here. */
  isOfStudy(run: string): boolean {
    return this.studies.value.includes(dirname(run));
  }

  async remove(run: string): Promise<void> {
    await this.elsewhere.set(this.single.filter((other) => other !== run));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.elsewhere.set(this.single.map((run) => (run === from ? to : run)));
  }
}
