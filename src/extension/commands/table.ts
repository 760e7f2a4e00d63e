import type { CommandId } from '../../shared/contributions/extensionCommands';
import type { Services } from '../services/services';

/** Arguments come from menus, links and keybindings of anybody: the handler parses them. */
export type CommandHandler = (services: Services, ...args: readonly unknown[]) => unknown;

/** What each command runs; loaded when first run, so that activation loads none of it. */
export const COMMAND_TABLE: Readonly<Record<CommandId, () => Promise<{ readonly run: CommandHandler }>>> = {
  'adept.analyze': () => import('./analyze'),
  'adept.expand': () => import('./expand'),
  'adept.startTuning': () => import('./startTuning'),
  'adept.pause': () => import('./pause'),
  'adept.resume': () => import('./resume'),
  'adept.stop': () => import('./stop'),
  'adept.checkpointNow': () => import('./checkpointNow'),
  'adept.runAgain': () => import('./runAgain'),
  'adept.deleteRun': () => import('./deleteRun'),
  'adept.openRun': () => import('./openRun'),
  'adept.compareRuns': () => import('./compareRuns'),
  'adept.showRuns': () => import('./showRuns'),
  'adept.addToQueue': () => import('./addToQueue'),
  'adept.renameRun': () => import('./renameRun'),
  'adept.duplicateRun': () => import('./duplicateRun'),
  'adept.openStudy': () => import('./openStudy'),
  'adept.exploreCheckpoints': () => import('./exploreCheckpoints'),
  'adept.exportModel': () => import('./exportModel'),
  'adept.measureStrength': () => import('./measureStrength'),
  'adept.compareCheckpoints': () => import('./compareCheckpoints'),
  'adept.resumeFromCheckpoint': () => import('./resumeFromCheckpoint'),
  'adept.openTensors': () => import('./openTensors'),
  'adept.revealCheckpoint': () => import('./revealCheckpoint'),
  'adept.renameCheckpoint': () => import('./renameCheckpoint'),
  'adept.deleteCheckpoint': () => import('./deleteCheckpoint'),
  'adept.previewText': () => import('./previewText'),
  'adept.clearTextCache': () => import('./clearTextCache'),
  'adept.setUpNative': () => import('./setUpNative'),
  'adept.setUpTorch': () => import('./setUpTorch'),
  'adept.chooseEngine': () => import('./chooseEngine'),
  'adept.startOnGpus': () => import('./startOnGpus'),
  'adept.toggleMark': () => import('./toggleMark'),
  'adept.showInside': () => import('./showInside'),
  'adept.openUnitTensors': () => import('./openUnitTensors'),
  'adept.copyCellValue': () => import('./copyCellValue'),
  'adept.copyCellRow': () => import('./copyCellRow'),
  'adept.openWalkthrough': () => import('./openWalkthrough'),
  'adept.copyDiagnostics': () => import('./copyDiagnostics'),
};
