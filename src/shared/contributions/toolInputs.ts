import * as v from 'valibot';
import { ExportDtype } from '../config/runConfig';

/** Names and paths are short; what is longer was not meant as one. */
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(1000));
const step = v.pipe(v.number(), v.integer(), v.minValue(0));
const whole = v.pipe(v.number(), v.integer(), v.minValue(1));
const texts = v.pipe(v.array(name), v.minLength(1), v.maxLength(20));

/** A field with what the language model is told about it. */
function described<S extends v.GenericSchema>(
  schema: S,
  text: string,
): v.SchemaWithPipe<readonly [S, v.DescriptionAction<v.InferOutput<S>, string>]> {
  return v.pipe(schema, v.description(text));
}

const run = described(name, 'Name or folder of a run, as adept_get_runs lists it.');

/** What each tool is given: the JSON schema in package.json follows from it, and the input is parsed with it. */
export const ImportanceInput = v.strictObject({
  model: v.optional(
    described(name, 'Name or folder of the model. May be left out where one model was analyzed.'),
  ),
  least: v.optional(
    described(whole, 'How many least important layers to name. By default the number that is proposed.'),
  ),
});

export const RunsInput = v.strictObject({
  run: v.optional(
    described(name, 'Name or folder of one run, to get all about it. Without it all runs are listed.'),
  ),
});

/** Providers of language models take no alternatives at the top: that one of the two is given is checked by the tool. */
export const CompareInput = v.strictObject({
  runs: v.optional(
    described(
      v.pipe(v.array(name), v.minLength(2), v.maxLength(8)),
      'Names or folders of two to eight runs: compares their results and the settings in which they differ.',
    ),
  ),
  checkpoints: v.optional(
    described(
      v.pipe(
        v.array(
          v.strictObject({
            run,
            step: described(step, 'Step of the checkpoint; 0 is the model before the first step.'),
          }),
        ),
        v.length(2),
      ),
      'Two checkpoints: compares their losses and how far each unit moved from the first to the second.',
    ),
  ),
});

export const SettingInput = v.strictObject({
  setting: described(
    name,
    'A key of *.adept.json (tune.learningRate, or learningRate), an option of the command (--lr), or a VS Code setting (adept.engine).',
  ),
});

export const ProposalInput = v.strictObject({
  model: v.optional(
    described(name, 'Name or folder of a model that was analyzed. May be left out where there is only one.'),
  ),
  domain: described(
    texts,
    'Files, folders or globs of the domain text to train on, in the workspace: absolute, or relative to its folder.',
  ),
  evalDomain: v.optional(described(texts, 'Domain text that is not trained on, to evaluate.')),
  evalGeneral: v.optional(
    described(
      texts,
      'General text to evaluate forgetting on. By default the text importance was measured on.',
    ),
  ),
  replay: v.optional(described(texts, 'General text to train on as well.')),
  steps: v.optional(
    described(whole, 'Optimizer steps. By default what the size of the domain text suggests.'),
  ),
  name: v.optional(
    described(
      v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)),
      'Name of the run: letters, digits, points, hyphens and underscores. By default a free one.',
    ),
  ),
});

export const StartInput = v.strictObject({
  config: described(
    name,
    'A *.adept.json in the workspace: absolute, or relative to the workspace folder. It must be saved.',
  ),
  beside: v.optional(
    described(
      v.boolean(),
      'Whether, where the run folder it names is taken, the run starts in a new folder beside it. By default it is then refused.',
    ),
  ),
});

export const StopInput = v.strictObject({ run });

export const ExportInput = v.strictObject({
  run,
  step: v.optional(described(step, 'Step of the checkpoint. By default the last.')),
  alpha: v.optional(
    described(
      v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
      'Strength of the added layers: 0 is the original model, 1 (the default) the tuned one.',
    ),
  ),
  dtype: v.optional(described(ExportDtype, 'Data type of the weights. By default auto: that of the source.')),
  out: v.optional(
    described(
      name,
      'A new folder in the workspace: absolute, or relative to its folder. By default one below .adept/exports.',
    ),
  ),
});
