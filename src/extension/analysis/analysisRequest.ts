import * as v from 'valibot';
import { ImportanceMode } from '../../shared/method/importance';
import { EngineChoice } from '../../shared/config/runConfig';
import { SAMPLINGS } from '../../shared/settings/sampling';
import { ANALYZE_SETTINGS } from '../../shared/settings/analyzeSettings';
import { flagOf } from '../../shared/settings/settingTable';

const path = v.pipe(v.string(), v.minLength(1));
const whole = v.pipe(v.number(), v.integer(), v.minValue(1));

/** What is to be analyzed and how; what is missing is asked. */
export const AnalysisRequest = v.object({
  /** A Hugging Face folder. */
  model: v.optional(path),
  probe: v.optional(v.pipe(v.array(path), v.minLength(1))),
  /** Domain text, on which the same is measured. */
  domain: v.optional(v.pipe(v.array(path), v.minLength(1))),
  engine: v.optional(EngineChoice),
  mode: v.optional(ImportanceMode),
  seqLen: v.optional(whole),
  maxSequences: v.optional(whole),
  sampling: v.optional(v.picklist(SAMPLINGS)),
  /** Ends when the least important layers have been the same over so many sequences. */
  stableFor: v.optional(whole),
  /** How many least important layers. */
  stableLayers: v.optional(whole),
  batchSize: v.optional(whole),
  /** Heads and groups within each unit; measured when left out. */
  parts: v.optional(v.boolean()),
  /** The importance.json to write; in the workspace when left out. */
  out: v.optional(path),
});
export type AnalysisRequest = v.InferOutput<typeof AnalysisRequest>;

/** A request to which nothing needs to be asked. */
export interface Analysis extends Omit<AnalysisRequest, 'model' | 'probe' | 'out'> {
  readonly model: string;
  readonly probe: readonly string[];
  readonly out: string;
}

/** The arguments of `adept analyze`. */
export function analyzeArguments(analysis: Analysis): string[] {
  const settings = Object.entries(ANALYZE_SETTINGS).flatMap(([name, setting]) => {
    const value = name in analysis ? analysis[name as keyof Analysis] : undefined;
    if (value === undefined || value === false) {
      return [];
    }
    return value === true ? [flagOf(name, setting)] : [flagOf(name, setting), String(value)];
  });
  return [
    'analyze',
    '--model',
    analysis.model,
    '--probe',
    ...analysis.probe,
    ...(analysis.domain ? ['--domain', ...analysis.domain] : []),
    '--out',
    analysis.out,
    '--engine',
    analysis.engine ?? 'auto',
    ...settings,
  ];
}
