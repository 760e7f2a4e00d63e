/** What package.json says about a command, and what its handler's guard needs to know. */
export interface CommandFacts {
  readonly title: string;
  readonly icon?: string;
  /** Where the palette shows it; everywhere when left out. */
  readonly palette?: string;
  /** Whether it starts or controls a process, which an untrusted workspace may not. */
  readonly needsTrust: boolean;
}

const trusted = 'isWorkspaceTrusted';
/** For commands that need something to work on, which the palette does not have. */
const nowhere = 'false';

/** Every command, once: package.json is checked against this table, and each id needs a handler to compile. */
export const COMMANDS = {
  'adept.analyze': { title: 'Analyze Model', icon: '$(pulse)', palette: trusted, needsTrust: true },
  'adept.expand': {
    title: 'Expand Selected Layers',
    icon: '$(layers)',
    palette: `${trusted} && adept.heatmapFocused`,
    needsTrust: true,
  },
  'adept.startTuning': {
    title: 'Start Tuning',
    icon: '$(play)',
    palette: `${trusted} && (adept.heatmapFocused || resourceFilename =~ /\\.adept\\.json$/)`,
    needsTrust: true,
  },
  'adept.pause': {
    title: 'Pause',
    icon: '$(debug-pause)',
    palette: `${trusted} && adept.training && !adept.paused`,
    needsTrust: true,
  },
  'adept.resume': {
    title: 'Resume',
    icon: '$(debug-continue)',
    palette: `${trusted} && adept.hasRun && (adept.paused || !adept.training)`,
    needsTrust: true,
  },
  'adept.stop': {
    title: 'Stop',
    icon: '$(debug-stop)',
    palette: `${trusted} && adept.training`,
    needsTrust: true,
  },
  'adept.checkpointNow': {
    title: 'Checkpoint Now',
    icon: '$(save)',
    palette: `${trusted} && adept.training`,
    needsTrust: true,
  },
  'adept.runAgain': {
    title: 'Run Again',
    icon: '$(debug-rerun)',
    palette: nowhere,
    needsTrust: true,
  },
  'adept.deleteRun': {
    title: 'Delete Run…',
    icon: '$(trash)',
    palette: `${trusted} && adept.hasRun`,
    needsTrust: true,
  },
  'adept.openRun': {
    title: 'Open Run',
    icon: '$(graph-line)',
    palette: 'adept.hasRun',
    needsTrust: false,
  },
  'adept.compareRuns': {
    title: 'Compare Runs',
    icon: '$(compare-changes)',
    palette: 'adept.hasRun',
    needsTrust: false,
  },
  'adept.showRuns': { title: 'Show Runs', icon: '$(table)', needsTrust: false },
  'adept.addToQueue': {
    title: 'Add to Queue',
    icon: '$(list-ordered)',
    palette: trusted,
    needsTrust: true,
  },
  'adept.renameRun': {
    title: 'Rename Run…',
    icon: '$(edit)',
    palette: `${trusted} && adept.hasRun`,
    needsTrust: true,
  },
  'adept.duplicateRun': {
    title: 'Duplicate Run…',
    icon: '$(copy)',
    palette: `${trusted} && adept.hasRun`,
    needsTrust: true,
  },
  'adept.shareReport': {
    title: 'Share Report…',
    icon: '$(share)',
    palette: 'adept.hasRun',
    needsTrust: false,
  },
  'adept.openStudy': { title: 'Open Study', icon: '$(graph-scatter)', needsTrust: false },
  'adept.newStudy': { title: 'New Study…', icon: '$(beaker)', palette: trusted, needsTrust: true },
  'adept.runStudy': { title: 'Run Study', icon: '$(play)', palette: trusted, needsTrust: true },
  'adept.stopStudy': {
    title: 'Stop Study',
    icon: '$(debug-stop)',
    palette: `${trusted} && resourceFilename =~ /\\.study\\.json$/`,
    needsTrust: true,
  },
  'adept.exploreCheckpoints': {
    title: 'Explore Checkpoints',
    icon: '$(milestone)',
    palette: 'adept.hasCheckpoint',
    needsTrust: false,
  },
  'adept.exportModel': {
    title: 'Export Model',
    icon: '$(export)',
    palette: `${trusted} && adept.hasCheckpoint`,
    needsTrust: true,
  },
  'adept.measureStrength': {
    title: 'Measure Strength (α)',
    icon: '$(dashboard)',
    palette: `${trusted} && adept.hasCheckpoint`,
    needsTrust: true,
  },
  'adept.tryInPlayground': {
    title: 'Try in Playground',
    icon: '$(comment-discussion)',
    palette: trusted,
    needsTrust: true,
  },
  'adept.compareCheckpoints': {
    title: 'Compare Checkpoints',
    icon: '$(diff)',
    palette: `${trusted} && adept.hasCheckpoint`,
    needsTrust: true,
  },
  'adept.resumeFromCheckpoint': {
    title: 'Resume from Here…',
    icon: '$(debug-rerun)',
    palette: nowhere,
    needsTrust: true,
  },
  'adept.openTensors': { title: 'Show Tensors', icon: '$(list-flat)', palette: nowhere, needsTrust: false },
  'adept.revealCheckpoint': { title: 'Reveal Folder', palette: nowhere, needsTrust: false },
  'adept.renameCheckpoint': { title: 'Rename…', palette: nowhere, needsTrust: true },
  'adept.deleteCheckpoint': {
    title: 'Delete…',
    icon: '$(trash)',
    palette: nowhere,
    needsTrust: true,
  },
  'adept.previewText': {
    title: 'Preview Training Text',
    icon: '$(open-preview)',
    palette: trusted,
    needsTrust: true,
  },
  'adept.clearTextCache': { title: 'Clear Text Cache', palette: trusted, needsTrust: true },
  'adept.setUpNative': {
    title: 'Set Up Native Engine',
    icon: '$(cloud-download)',
    palette: trusted,
    needsTrust: true,
  },
  'adept.setUpTorch': {
    title: 'Set Up PyTorch',
    icon: '$(cloud-download)',
    palette: trusted,
    needsTrust: true,
  },
  'adept.chooseEngine': {
    title: 'Choose Engine',
    icon: '$(server-process)',
    palette: trusted,
    needsTrust: true,
  },
  'adept.startOnGpus': {
    title: 'Start on Several GPUs…',
    icon: '$(run-all)',
    palette: `${trusted} && (adept.heatmapFocused || resourceFilename =~ /\\.adept\\.json$/)`,
    needsTrust: true,
  },
  'adept.toggleMark': { title: 'Mark or Unmark Layer', palette: nowhere, needsTrust: false },
  'adept.showInside': { title: 'Show Inside the Unit', palette: nowhere, needsTrust: false },
  'adept.openUnitTensors': { title: 'Show the Tensors', palette: nowhere, needsTrust: false },
  'adept.copyCellValue': { title: 'Copy Value', palette: nowhere, needsTrust: false },
  'adept.copyCellRow': { title: 'Copy Row', palette: nowhere, needsTrust: false },
  'adept.openWalkthrough': { title: 'Open Walkthrough', needsTrust: false },
  'adept.copyDiagnostics': { title: 'Copy Diagnostics', needsTrust: false },
} as const satisfies Readonly<Record<`adept.${string}`, CommandFacts>>;

export type CommandId = keyof typeof COMMANDS;
