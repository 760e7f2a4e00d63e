import { readHeatmapFile } from '../../node/model/analysisFile';
import type { RunConfig } from '../../shared/config/runConfig';
import type { EngineState } from '../../shared/engines/engineState';
import { FORM_SETTINGS, type FormReading } from '../../shared/launch/launchForm';
import { planPrice, pricedModel } from '../../shared/launch/planPrice';
import { runDuration } from '../../shared/launch/runDuration';
import { pathsOf, replayTexts, type CorpusFiles } from '../../shared/texts/texts';
import { TextFacts } from '../texts/textFacts';

/** What a run takes, as the plan of the heatmap has it. What is undefined is not known. */
export interface RunCost {
  readonly seconds: number | undefined;
  readonly memoryBytes: number | undefined;
}

/**
 * @param config with absolute paths; without the analysis and the layers of its model nothing is known
 * @param engine that will compute; the analysis says nothing of another
 */
export function runCost(config: RunConfig, engine: EngineState['auto']): RunCost {
  const nothing = { seconds: undefined, memoryBytes: undefined };
  if (config.importance === undefined || !('layers' in config.expand)) {
    return nothing;
  }
  const marked = config.expand.layers;
  const reading = readingOf(config);
  try {
    const { importance, model: found } = readHeatmapFile(config.importance);
    if (importance.engine.engine !== engine) {
      return nothing;
    }
    const model = pricedModel(found, importance);
    const price = planPrice(model, importance, marked, reading);
    const facts = TextFacts.now(config.model);
    const known = new Map(
      (['evalDomain', 'evalGeneral'] as const).flatMap((field) => {
        const size = facts.sizeOf(reading.files[field]);
        return size === undefined ? [] : [[field, size] as const];
      }),
    );
    return {
      seconds: runDuration({ reading, model, importance, marked, known })?.seconds,
      memoryBytes: price.known ? price.estimate.memoryBytes : undefined,
    };
  } catch {
    // An analysis that cannot be used says nothing of the cost; the run itself says what is wrong with it.
    return nothing;
  }
}

/** The configuration as the launch form would have read it. */
function readingOf({
  tune,
  probe,
  domain,
  replay = [],
  eval: evaluated,
  engine,
  answers,
}: RunConfig): FormReading {
  const files = (corpus: CorpusFiles | undefined): readonly string[] =>
    corpus === undefined ? [] : pathsOf(corpus);
  const settings = FORM_SETTINGS.flatMap((name) => {
    const value = tune[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    name: '',
    files: {
      domain: files(domain),
      replay: replayTexts(replay).flatMap(({ corpus }) => files(corpus)),
      evalDomain: files(evaluated.domain),
      evalGeneral: files(evaluated.general),
      probe: files(probe),
    },
    settings: Object.fromEntries(settings),
    texts: {},
    compute: { engine },
    answers: answers !== undefined,
    problems: new Map(),
  };
}
