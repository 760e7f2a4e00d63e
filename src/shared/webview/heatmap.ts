import * as v from 'valibot';
import { ImportanceFile } from '../method/importance';
import { FORM_FILES, LaunchForm } from '../launch/launchForm';
import { EngineChoice, Ranks, TorchDtype } from '../config/runConfig';
import { FoundCluster } from '../cluster/foundCluster';
import { EngineState } from '../engines/engineState';
import { GivenTextSettings } from './preview';
import { FoundModel } from '../model/foundModel';

const layers = v.array(v.pipe(v.number(), v.integer(), v.minValue(0)));
const problem = v.nullable(v.string());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** The files, folders and globs of one text. */
const textFiles = v.pipe(v.array(v.string()), v.minLength(1));

/** What is known of a text without reading it: its size on the disk, and its tokens where it was tokenised before. */
export const KnownText = v.object({ files: textFiles, bytes: count, tokens: v.nullable(count) });
export type KnownText = v.InferOutput<typeof KnownText>;

/** What the heatmap panel shows: the path of an importance.json. The browser keeps it over a restart. */
export const HeatmapSource = v.object({ file: v.string() });
export type HeatmapSource = v.InferOutput<typeof HeatmapSource>;

/** What a launch is made from, beside the form. */
export const LaunchContext = v.object({
  /** The setting. */
  engine: EngineChoice,
  engines: EngineState,
  /** What the machine has: bytes. */
  machine: v.object({
    memoryBytes: v.number(),
    freeMemoryBytes: v.number(),
    freeDiskBytes: v.optional(v.number()),
  }),
  /** The GPUs that a run is planned for, or what is wrong with their file; null where none is named. */
  cluster: v.nullable(FoundCluster),
  /** Where the *.adept.json goes; null without an open folder. */
  folders: v.nullable(v.object({ folder: v.string(), runs: v.string() })),
  /** A name that nothing has yet. */
  name: v.string(),
  /** The files that importance was measured on, as a person would name them; as they are when left out. */
  probe: v.optional(v.array(v.string())),
  /** The same of the domain text that was measured. */
  domain: v.optional(v.array(v.string())),
  /** What was launched last in this workspace. */
  last: v.nullable(LaunchForm),
});
export type LaunchContext = v.InferOutput<typeof LaunchContext>;

/** From the extension to the page. */
export const ToHeatmap = v.variant('type', [
  /** All of it; also when the file changed. */
  v.object({
    type: v.literal('show'),
    /** Path of the importance.json. */
    file: v.string(),
    importance: ImportanceFile,
    model: FoundModel,
    trusted: v.boolean(),
    launch: LaunchContext,
  }),
  /** There is nothing to show: what is wrong, in a sentence that names the file. */
  v.object({ type: v.literal('broken'), message: v.string() }),
  v.object({ type: v.literal('trusted') }),
  /** Files that the person picked for a field. */
  v.object({ type: v.literal('picked'), field: v.picklist(FORM_FILES), paths: v.array(v.string()) }),
  /** The answer to `check`: what is wrong with the name and with each file, null where nothing is. */
  v.object({
    type: v.literal('checked'),
    name: v.object({ text: v.string(), problem }),
    files: v.array(v.object({ path: v.string(), problem })),
    texts: v.optional(v.array(KnownText), []),
  }),
  /** The answer to `launch`: the file that was written and is run, and a free name for another; or why not, null when the person changed their mind. */
  v.object({
    type: v.literal('launched'),
    file: v.string(),
    nextName: v.string(),
    queued: v.optional(v.literal(true)),
  }),
  v.object({ type: v.literal('notLaunched'), problem }),
  /** A file that the person asked for was written. */
  v.object({ type: v.literal('saved'), file: v.string() }),
  /** Mark a layer, or no longer: chosen from its menu. */
  v.object({ type: v.literal('toggleMark'), layer: count }),
  /** Show what was measured inside this unit. */
  v.object({ type: v.literal('showInside'), unit: v.string() }),
  /** The launch form is wanted: show it and put the focus there. */
  v.object({
    type: v.literal('focusLaunch'),
    /** How PyTorch is to compute, where that was asked before. */
    compute: v.optional(v.object({ ranks: Ranks, dtype: TorchDtype })),
  }),
]);
export type ToHeatmap = v.InferOutput<typeof ToHeatmap>;

/** From the page to the extension. */
export const FromHeatmap = v.variant('type', [
  /** The layers that are marked, ascending. */
  v.object({ type: v.literal('marked'), layers }),
  v.object({ type: v.literal('pick'), field: v.picklist(FORM_FILES) }),
  /** Look at the name, at each file, and at what files are together. */
  v.object({
    type: v.literal('check'),
    name: v.string(),
    files: v.array(v.string()),
    texts: v.optional(v.array(textFiles), []),
  }),
  /** Show a text as the analyzed model gets it. */
  v.object({
    type: v.literal('previewText'),
    files: textFiles,
    text: GivenTextSettings,
    seqLen: v.optional(count),
  }),
  /** Write this text, a *.adept.json, and run it. The form is remembered. */
  v.object({
    type: v.literal('launch'),
    form: LaunchForm,
    text: v.string(),
    /** It waits in the queue instead of being started at once. */
    queued: v.optional(v.literal(true)),
  }),
  /** Measure importance again as it was, on so many sequences. */
  v.object({ type: v.literal('measureMore'), sequences: v.pipe(count, v.minValue(1)) }),
  /** Write the expanded model, without tuning it. */
  v.object({ type: v.literal('expand'), layers: v.pipe(layers, v.minLength(1)) }),
  v.object({ type: v.literal('saveCsv'), text: v.string() }),
  /** `png` in base64. */
  v.object({ type: v.literal('savePicture'), png: v.pipe(v.string(), v.base64()) }),
  v.object({ type: v.literal('manageTrust') }),
]);
export type FromHeatmap = v.InferOutput<typeof FromHeatmap>;
