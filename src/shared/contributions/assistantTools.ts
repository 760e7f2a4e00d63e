import type * as v from 'valibot';
import * as inputs from './toolInputs';

/** What package.json says about a tool of the editor's assistants, and what its guard needs to know. */
export interface AssistantToolFacts {
  /** What people see. */
  readonly title: string;
  readonly description: string;
  /** What they write after `#` in a prompt. */
  readonly reference: string;
  readonly icon: string;
  /** What the language model reads: when to use the tool, and what comes back. */
  readonly forModel: string;
  readonly input: v.GenericSchema;
  /** Where the tool is offered. Assistants have room for few tools, so none is where ADEPT is not used. */
  readonly when: string;
  /** Whether it starts or controls a process, which an untrusted workspace may not. */
  readonly needsTrust: boolean;
}

const used = 'adept.activated';
const trusted = 'isWorkspaceTrusted';
const asks =
  'The person is asked first, in a dialog that says exactly what will happen; "done" is false where they decline, and then nothing was done.';

/** Every tool, once: package.json is checked against this table, and each name needs a handler to compile. */
export const ASSISTANT_TOOLS = {
  adept_get_importance: {
    title: 'Get Layer Importance',
    description: 'What an analysis says of the layers of a model',
    reference: 'adeptImportance',
    icon: '$(layers)',
    forModel:
      'Reads a saved ADEPT analysis of a language model: the importance of each layer (by how many nats per token the general loss rises without it, or in mode "fast" a relative change), which layers are least important and so are copied and trained, the confidence of that choice, and the text it was measured on. Use it for questions about which layers matter or which to expand. It measures nothing: a model that was not analyzed is named as such.',
    input: inputs.ImportanceInput,
    when: used,
    needsTrust: false,
  },
  adept_get_runs: {
    title: 'Get Runs',
    description: 'State, losses and settings of training runs',
    reference: 'adeptRuns',
    icon: '$(graph-line)',
    forModel:
      'Lists the ADEPT training runs of the workspace, living ones first, with state, step and losses; or with "run" says all about one: stage, seconds left, losses before, now, best and of its export, checkpoints, settings, texts, and what went wrong. Losses are in nats per token: domain loss should fall, general loss should not rise. Use it before other tools that need the name of a run.',
    input: inputs.RunsInput,
    when: used,
    needsTrust: false,
  },
  adept_compare: {
    title: 'Compare Runs or Checkpoints',
    description: 'Results, settings and changed weights side by side',
    reference: 'adeptCompare',
    icon: '$(compare-changes)',
    forModel:
      'Compares ADEPT training runs (their results, and the settings in which they differ), or two checkpoints (their losses in nats per token, scores with 95 % intervals, and the units whose weights moved most, as relative change). Give "runs" or "checkpoints", not both. Checkpoints are read from the disk, which takes some seconds.',
    input: inputs.CompareInput,
    when: 'adept.hasRun',
    needsTrust: false,
  },
  adept_explain_setting: {
    title: 'Explain a Setting',
    description: 'Meaning, default and range of a setting of ADEPT',
    reference: 'adeptSetting',
    icon: '$(settings)',
    forModel:
      'Says what a setting of ADEPT means: description, allowed values, default, whether a resumed run may change it, and its option on the command line. Use it before writing or changing a *.adept.json, rather than guessing. A name that several sections have gives all of them.',
    input: inputs.SettingInput,
    when: used,
    needsTrust: false,
  },
  adept_propose_config: {
    title: 'Propose a Configuration',
    description: 'A *.adept.json for a model and a domain text, with reasons',
    reference: 'adeptConfig',
    icon: '$(lightbulb)',
    forModel:
      'Proposes a valid *.adept.json for a model that was analyzed and a domain text: layers, steps, learning rate, intervals and a limit on forgetting, each with its reason, and what the run would cost where that is known. It writes nothing: save "text" as "file" with the editor’s own tools, so that the person sees it, and then offer adept_start_run.',
    input: inputs.ProposalInput,
    when: used,
    needsTrust: false,
  },
  adept_start_run: {
    title: 'Start a Run',
    description: 'Starts the job of a *.adept.json, after you confirm it',
    reference: 'adeptStart',
    icon: '$(play)',
    forModel: `Starts the training job of a *.adept.json, which may take hours. Use it only when the person wants a run started. ${asks} Follow the run with adept_get_runs.`,
    input: inputs.StartInput,
    when: `${used} && ${trusted}`,
    needsTrust: true,
  },
  adept_stop_run: {
    title: 'Stop a Run',
    description: 'Saves a checkpoint and ends a run, after you confirm it',
    reference: 'adeptStop',
    icon: '$(debug-stop)',
    forModel: `Stops a living ADEPT run after a checkpoint; it can be resumed. Use it only when the person wants that. ${asks}`,
    input: inputs.StopInput,
    when: `${trusted} && adept.training`,
    needsTrust: true,
  },
  adept_export_checkpoint: {
    title: 'Export a Checkpoint',
    description: 'Writes a checkpoint as a Hugging Face folder, after you confirm it',
    reference: 'adeptExport',
    icon: '$(export)',
    forModel: `Writes a checkpoint of an ADEPT run as a Hugging Face model folder that transformers loads, which takes from seconds to minutes. Use it only when the person wants that. ${asks}`,
    input: inputs.ExportInput,
    when: `${trusted} && adept.hasCheckpoint`,
    needsTrust: true,
  },
} as const satisfies Readonly<Record<`adept_${string}`, AssistantToolFacts>>;

export type AssistantToolName = keyof typeof ASSISTANT_TOOLS;
