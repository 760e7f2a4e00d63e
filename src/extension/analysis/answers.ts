import * as v from 'valibot';
import { ImportanceMode } from '../../shared/method/importance';
import { EngineChoice } from '../../shared/config/runConfig';
import { ANALYZE_SETTINGS } from '../../shared/settings/analyzeSettings';
import { PersistedValue } from '../window/persistedValue';
import type { Services } from '../services/services';

/** So many sequences are proposed: minutes for a small model. */
const FIRST_COUNT = 32;

/** What was answered the last time in this workspace. */
export const Answers = v.object({
  model: v.optional(v.string()),
  probe: v.optional(v.array(v.string()), []),
  domain: v.optional(v.array(v.string()), []),
  engine: v.optional(EngineChoice),
  mode: v.optional(ImportanceMode, 'exact'),
  seqLen: v.optional(v.number(), ANALYZE_SETTINGS.seqLen.default),
  /** Null is all. */
  maxSequences: v.optional(v.nullable(v.number()), FIRST_COUNT),
  untilStable: v.optional(v.boolean(), false),
});
export type Answers = v.InferOutput<typeof Answers>;

export function answersOf({ context }: Services): PersistedValue<typeof Answers> {
  return new PersistedValue(context.workspaceState, 'analyze.answers', Answers, v.parse(Answers, {}));
}

/** The model that was analyzed last. */
export function lastModel(services: Services): string | undefined {
  return answersOf(services).value.model;
}
