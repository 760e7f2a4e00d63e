import { inputError } from '../common/errors';
import { ENGLISH } from '../common/localizer';
import { computeHere } from '../launch/computeForm';
import { launchText, type LaunchFolders } from '../launch/launchConfig';
import { freshForm, readForm, type FormFiles, type FormReading, type LaunchForm } from '../launch/launchForm';
import { launchWarnings, problemsOfModel, type MachineRoom } from '../launch/launchCheck';
import { planPrice, pricedModel, type PricedModel } from '../launch/planPrice';
import { proposals, type Proposal } from '../launch/proposals';
import { runDuration } from '../launch/runDuration';
import { trainingAmount, type TextSize } from '../launch/trainingAmount';
import type { EngineState } from '../engines/engineState';
import type { EngineChoice } from '../config/runConfig';
import type { ImportanceFile } from '../method/importance';
import type { FoundModel } from '../model/foundModel';
import type { ProposalResult } from './toolResults';

export interface ProposalSource {
  readonly importance: ImportanceFile;
  /** The file that it was read from, absolute. */
  readonly file: string;
  readonly model: FoundModel;
  readonly folders: LaunchFolders;
  readonly name: string;
  /** Of each kind of text, absolute paths; none where it is not given. */
  readonly files: Readonly<Record<FormFiles, readonly string[]>>;
  /** What is known of them. */
  readonly known: ReadonlyMap<FormFiles, TextSize>;
  /** Where the number is not to follow from the text. */
  readonly steps: number | undefined;
  readonly engine: EngineChoice;
  readonly engines: EngineState;
  readonly machine: MachineRoom;
}

/** The text of a *.adept.json as the heatmap proposes it, with the reasons. `file` is left to whoever knows where it goes. */
export type ConfigProposal = Omit<ProposalResult, 'file'>;

/** @throws AdeptError (input) saying what is missing or cannot be used */
export function configProposal(source: ProposalSource): ConfigProposal {
  const { importance, file, folders, engines } = source;
  const model = pricedModel(source.model, importance);
  const asked = readForm(formOf(source), ENGLISH);
  const made = proposals({
    importance,
    reading: asked,
    marked: [],
    amount: trainingAmount(asked, source.known.get('domain')),
    l10n: ENGLISH,
    countText: String,
  });
  const taken = made.filter(
    ({ subject }) => subject !== 'cheaper' && (subject !== 'steps' || source.steps === undefined),
  );
  const settings = Object.assign({}, ...taken.map((proposal) => proposal.settings)) as Proposal['settings'];
  const form = formOf(source);
  const reading = readForm({ ...form, settings: { ...form.settings, ...settings } }, ENGLISH);
  refuseProblems(reading, model);
  const layers = taken.find((proposal) => proposal.layers !== undefined)?.layers ?? [];
  const alternative = made.find(({ subject }) => subject === 'cheaper');
  const price = planPrice(model, importance, layers, reading);
  return {
    text: launchText({
      reading,
      model: importance.model.path,
      importance: file,
      probe: importance.probe,
      layers,
      compute: computeHere(reading.compute, engines),
      folders,
    }),
    reasons: taken.map(reasonOf),
    alternative: alternative === undefined ? null : reasonOf(alternative),
    warnings: launchWarnings(
      { reading, model, price, machine: source.machine, copies: layers.length, engines },
      ENGLISH,
    ).map(({ text }) => text),
    cost: {
      trainedParameters: price.known ? price.estimate.parametersTrained : null,
      memoryBytes: price.known ? rounded(price.estimate.memoryBytes) : null,
      seconds: rounded(
        runDuration({ reading, model, importance, marked: layers, known: source.known })?.seconds,
      ),
      unknownBecause: price.known ? null : price.problem,
    },
  };
}

function formOf({ importance, name, files, steps, engine }: ProposalSource): LaunchForm {
  const form = freshForm(name, importance.probe.sources);
  const lines = Object.entries(files)
    .filter(([, paths]) => paths.length > 0)
    .map(([field, paths]) => [field, paths.join('\n')] as const);
  return {
    ...form,
    files: { ...form.files, ...Object.fromEntries(lines) },
    settings: { ...form.settings, ...(steps === undefined ? {} : { steps: String(steps) }) },
    compute: { ...form.compute, engine },
  };
}

function refuseProblems(reading: FormReading, model: PricedModel): void {
  if (reading.settings.steps === undefined) {
    throw inputError(
      'The number of steps cannot be told, since the size of the domain text is not known or fills no sequence: give "steps".',
    );
  }
  const problems = [...reading.problems, ...problemsOfModel(reading, model, ENGLISH)];
  if (problems.length > 0) {
    throw inputError(problems.map(([field, problem]) => `${field}: ${problem}`).join(' '));
  }
}

function reasonOf({ subject, layers, settings, reason }: Proposal): ProposalResult['reasons'][number] {
  return {
    about: subject,
    layers: layers === undefined ? null : [...layers],
    settings: { ...settings },
    reason,
  };
}

/** An estimate has no more digits than that. */
function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Number(value.toPrecision(3));
}
