import { join } from 'node:path';
import * as vscode from 'vscode';
import { RUN_FILES } from '../../shared/runFolder';
import type { Services } from '../services';

/** Shows a saved analysis. */
export async function openHeatmap(_services: Services, file: string): Promise<void> {
  await vscode.window.showTextDocument(vscode.Uri.file(file));
}

/** Shows a run from its folder, living or not. */
export async function openRun(_services: Services, run: string): Promise<void> {
  await vscode.window.showTextDocument(vscode.Uri.file(join(run, RUN_FILES.events)));
}

/** Shows a run's checkpoints. */
export async function openCheckpoints(_services: Services, _run: string): Promise<void> {
  await vscode.commands.executeCommand('adept.checkpoints.focus');
}
