import * as v from 'valibot';
import { EngineChoice } from '../config/runConfig';

/** `machine-overridable`: a path or device belongs to the machine, and a folder may still say otherwise once trusted. */
interface SettingFacts {
  readonly scope: 'machine-overridable' | 'resource';
  readonly schema: v.GenericSchema;
  readonly default: unknown;
  /** Markdown; the settings editor shows it. */
  readonly description: string;
  /** Of each choice, in the schema's order. */
  readonly choices?: readonly string[];
}

/** Every setting of the extension, once: package.json is checked against this table. All are ignored in Restricted Mode. */
export const EXTENSION_SETTINGS = {
  'adept.engine': {
    scope: 'machine-overridable',
    schema: EngineChoice,
    default: 'auto',
    description:
      'The engine: native (CPU or CUDA), the embedded wasm engine, which needs no download, or PyTorch. *ADEPT: Choose Engine* says what each is on this machine.',
    choices: [
      'PyTorch if it is set up and has a GPU, else the native engine if it is set up, otherwise the embedded engine.',
      'The native engine (libtensorflow); *ADEPT: Set Up Native Engine* installs it.',
      'The embedded WebAssembly engine, for small models.',
      'PyTorch, on GPUs or the CPU; *ADEPT: Set Up PyTorch* provides it.',
    ],
  },
  'adept.nodePath': {
    scope: 'machine-overridable',
    schema: v.string(),
    default: '',
    description:
      'Absolute path of the Node.js (20 or newer) that runs the trainer. Empty: the Node.js inside VS Code.',
  },
  'adept.runsFolder': {
    scope: 'machine-overridable',
    schema: v.pipe(v.string(), v.minLength(1)),
    default: '.adept/runs',
    description: 'Folder of runs, new and existing: absolute, or relative to the workspace folder.',
  },
  'adept.clusterFile': {
    scope: 'machine-overridable',
    schema: v.string(),
    default: '',
    description:
      'A `.json` file that describes GPUs of one machine or several (`adept.cluster/1`), absolute or relative to the workspace folder: the plan of the heatmap then shows memory, time and cost on them.',
  },
  'adept.modelFolders': {
    scope: 'machine-overridable',
    schema: v.array(v.pipe(v.string(), v.minLength(1))),
    default: [],
    description: 'Model folders outside the workspace; each contains `config.json` and `.safetensors` files.',
  },
} as const satisfies Readonly<Record<`adept.${string}`, SettingFacts>>;

export type ExtensionSetting = keyof typeof EXTENSION_SETTINGS;
export type ExtensionSettingValue<K extends ExtensionSetting> = v.InferOutput<
  (typeof EXTENSION_SETTINGS)[K]['schema']
>;
