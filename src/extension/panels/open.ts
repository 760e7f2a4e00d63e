import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { RUN_FILES } from '../../shared/runFolder';
import { runLogFile } from '../runs/runEntry';
import type { Services } from '../services';
import { HeatmapPanel } from './heatmapPanel';

/** Shows a saved analysis. */
export function openHeatmap(services: Services, file: string): void {
  HeatmapPanel.show(file, services);
}

/** The run folder of the panel that has the focus. */
export function runInFront(): string | undefined {
  return undefined;
}

/** Shows a run from its folder, living or not. */
export async function openRun(services: Services, run: string): Promise<void> {
  const log = runLogFile(run);
  services.log.debug(`${run} is opened.`);
  await vscode.window.showTextDocument(vscode.Uri.file(existsSync(log) ? log : join(run, RUN_FILES.events)));
}

/** Shows a run's checkpoints. */
export async function openCheckpoints(services: Services, run: string): Promise<void> {
  await services.checkpoints.show(run);
}
