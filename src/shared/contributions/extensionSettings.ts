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
      'What computes: the native engine (CPU or CUDA), or the embedded one that needs no download.',
    choices: [
      'The native engine where it is set up, the embedded one otherwise.',
      'The native engine (libtensorflow); *ADEPT: Set Up Native Engine* provides it.',
      'The embedded WebAssembly engine; practical for small models only.',
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
    description:
      'Where new runs are kept and existing ones are found: absolute, or relative to the workspace folder.',
  },
  'adept.modelFolders': {
    scope: 'machine-overridable',
    schema: v.array(v.pipe(v.string(), v.minLength(1))),
    default: [],
    description:
      'More folders in which to look for models (each holding `config.json` and `.safetensors` files), beside the workspace.',
  },
} as const satisfies Readonly<Record<`adept.${string}`, SettingFacts>>;

export type ExtensionSetting = keyof typeof EXTENSION_SETTINGS;
export type ExtensionSettingValue<K extends ExtensionSetting> = v.InferOutput<
  (typeof EXTENSION_SETTINGS)[K]['schema']
>;
