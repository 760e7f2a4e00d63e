import * as v from 'valibot';
import * as vscode from 'vscode';
import { readModelOutline } from '../../node/model/modelConfig';
import { ImportanceMode } from '../../shared/method/importance';
import { EngineChoice } from '../../shared/config/runConfig';
import { engineState } from '../../node/engines/engineState';
import { engineName, engineText } from '../../shared/engines/engineState';
import { ANALYZE_SETTINGS } from '../../shared/settings/analyzeSettings';
import { PersistedValue } from '../window/persistedValue';
import { multiStep, type StepInput } from '../window/multiStep';
import type { Services } from '../services/services';
import { readSetting } from '../window/settings';
import type { AnalysisRequest } from './analysisRequest';
import { askForModel } from './modelQuestion';
import { askForTexts } from './textQuestion';

/** What was answered the last time. */
const Answers = v.object({
  model: v.optional(v.string()),
  probe: v.optional(v.array(v.string()), []),
  domain: v.optional(v.array(v.string()), []),
  engine: v.optional(EngineChoice),
  mode: v.optional(ImportanceMode),
  /** Null is all. */
  maxSequences: v.optional(v.nullable(v.number())),
  untilStable: v.optional(v.boolean()),
});
type Answers = v.InferOutput<typeof Answers>;

const SEQUENCES = [32, 128, null] as const;
/** Sequences over which the least important layers have to stay the same. */
const STABLE_FOR = 16;

function answersOf({ context }: Services): PersistedValue<typeof Answers> {
  return new PersistedValue(context.workspaceState, 'analyze.answers', Answers, { probe: [], domain: [] });
}

/** The model that was analyzed last. */
export function lastModel(services: Services): string | undefined {
  return answersOf(services).value.model;
}

/**
 * Asks what a request leaves open, with the answers of the last time chosen.
 * @throws vscode.CancellationError when the person left.
 */
export async function askForAnalysis(
  services: Services,
  request: AnalysisRequest,
): Promise<AnalysisRequest & { readonly model: string; readonly probe: readonly string[] }> {
  const memory = answersOf(services);
  const questions = new Questions(services, memory.value);
  const { model, probe, domain, mode, engine } = request;
  // Who names model and text, such as another extension, is asked nothing.
  const named = model !== undefined && probe !== undefined;
  await multiStep(vscode.l10n.t('Analyze Model'), [
    ...(model === undefined ? [(input: StepInput) => questions.model(input)] : []),
    ...(probe === undefined ? [(input: StepInput) => questions.probe(input)] : []),
    ...(named || domain !== undefined ? [] : [(input: StepInput) => questions.domain(input)]),
    ...(named || engine !== undefined ? [] : [(input: StepInput) => questions.engine(input)]),
    ...(named || mode !== undefined
      ? []
      : [(input: StepInput) => questions.mode(input), (input: StepInput) => questions.amount(input)]),
  ]);
  const { answers } = questions;
  if (!named) {
    await memory.set(answers);
  }
  return {
    ...(named
      ? {}
      : {
          engine: answers.engine,
          mode: answers.mode,
          maxSequences: answers.maxSequences ?? undefined,
          sampling: 'spread',
          ...(answers.untilStable === true ? untilStable(request.model ?? answers.model ?? '') : {}),
          ...(answers.domain.length > 0 ? { domain: answers.domain } : {}),
        }),
    ...request,
    model: model ?? answers.model ?? '',
    probe: probe ?? answers.probe,
  };
}

/** An end when the choice no longer changes: of a small model fewer layers are compared, for all of them never change. */
function untilStable(model: string): Pick<AnalysisRequest, 'stableFor' | 'stableLayers'> {
  const compared = Math.min(
    ANALYZE_SETTINGS.stableLayers.default,
    readModelOutline(model).numHiddenLayers - 1,
  );
  return compared < 1 ? {} : { stableFor: STABLE_FOR, stableLayers: compared };
}

class Questions {
  constructor(
    private readonly services: Services,
    readonly answers: Answers,
  ) {}

  async model(input: StepInput): Promise<void> {
    this.answers.model = await askForModel(this.services, input, this.answers.model);
  }

  async probe(input: StepInput): Promise<void> {
    this.answers.probe = await askForTexts(this.services, input, {
      placeholder: vscode.l10n.t('The probing corpus: general text whose loss must not rise'),
      before: this.answers.probe,
    });
  }

  async domain(input: StepInput): Promise<void> {
    this.answers.domain = await askForTexts(this.services, input, {
      placeholder: vscode.l10n.t('Domain text to measure as well (doubles the time), or none'),
      before: this.answers.domain,
      optional: true,
    });
  }

  async engine(input: StepInput): Promise<void> {
    const { l10n } = vscode;
    const setting = readSetting('adept.engine', this.services.log);
    const state = engineState();
    const items = EngineChoice.options.map((engine) => ({
      engine,
      label: engineName(engine, l10n),
      description: engineText(engine, state, l10n),
    }));
    const [picked] = await input.pick({
      placeholder: l10n.t('The compute engine'),
      items,
      isChosen: ({ engine }) => engine === (this.answers.engine ?? setting),
    });
    this.answers.engine = picked?.engine;
  }

  async mode(input: StepInput): Promise<void> {
    const { l10n } = vscode;
    const items: (vscode.QuickPickItem & { mode: ImportanceMode })[] = [
      {
        mode: 'exact',
        label: l10n.t('Exact'),
        description: l10n.t('how much the loss rises without each layer'),
      },
      { mode: 'fast', label: l10n.t('Fast'), description: l10n.t('an estimate from one pass') },
    ];
    const [picked] = await input.pick({
      placeholder: l10n.t('How layer importance is measured'),
      items,
      isChosen: ({ mode }) => mode === (this.answers.mode ?? 'exact'),
    });
    this.answers.mode = picked?.mode;
  }

  async amount(input: StepInput): Promise<void> {
    const { l10n } = vscode;
    const items: (vscode.QuickPickItem & { count: number | null; untilStable?: true })[] = SEQUENCES.map(
      (count) => ({
        count,
        label: count === null ? l10n.t('All of it') : l10n.t('{0} evenly spaced sequences', count),
        ...(count === SEQUENCES[0] ? { description: l10n.t('minutes for a small model') } : {}),
      }),
    );
    if (this.answers.mode === 'exact') {
      items.push({
        count: null,
        untilStable: true,
        label: l10n.t('Until the choice no longer changes'),
        description: l10n.t('the least important layers, over {0} sequences', STABLE_FOR),
      });
    }
    const before = this.answers.maxSequences === undefined ? SEQUENCES[0] : this.answers.maxSequences;
    const [picked] = await input.pick({
      placeholder: l10n.t('How much of the text is used'),
      items,
      isChosen: ({ count, untilStable = false }) =>
        count === before && untilStable === (this.answers.untilStable ?? false),
    });
    this.answers.maxSequences = picked?.count;
    this.answers.untilStable = picked?.untilStable ?? false;
  }
}
