import * as v from 'valibot';
import { failure } from '../../../shared/common/errors';
import type { HarnessMetric, HarnessTask } from '../../../shared/run/harness';

/** The results file of lm-evaluation-harness (lm_eval/result_schema.py of 0.4.13), as far as it is used. */
const Output = v.object({
  results: v.record(v.string(), v.record(v.string(), v.unknown())),
  versions: v.optional(v.record(v.string(), v.nullable(v.union([v.number(), v.string()]))), {}),
  'n-shot': v.optional(v.record(v.string(), v.unknown()), {}),
  'n-samples': v.optional(
    v.record(v.string(), v.object({ original: v.number(), effective: v.number() })),
    {},
  ),
  lm_eval_version: v.optional(v.string(), 'unknown'),
  transformers_version: v.optional(v.string(), 'unknown'),
});

export interface HarnessOutput {
  readonly lmEval: string;
  readonly transformers: string;
  readonly tasks: readonly HarnessTask[];
}

/** @throws AdeptError (failure) where the file is not one of the harness. */
export function parseHarnessOutput(value: unknown, file: string): HarnessOutput {
  const parsed = v.safeParse(Output, value);
  if (!parsed.success) {
    const path = v.getDotPath(parsed.issues[0]);
    throw failure(
      `${file}: lm-evaluation-harness wrote results of another form (${path ?? 'the content'}): use version 0.4.`,
    );
  }
  const { results, versions, 'n-shot': shots, 'n-samples': samples } = parsed.output;
  return {
    lmEval: parsed.output.lm_eval_version,
    transformers: parsed.output.transformers_version,
    tasks: Object.entries(results).map(([task, fields]) => {
      const version = versions[task] ?? null;
      const shown = shots[task];
      return {
        task,
        version: version === null ? null : String(version),
        shots: typeof shown === 'number' ? shown : null,
        asked: samples[task]?.effective ?? null,
        all: samples[task]?.original ?? null,
        metrics: metricsOf(fields),
      };
    }),
  };
}

/** Of `acc,none` and `acc_stderr,none` one metric. */
function metricsOf(fields: Readonly<Record<string, unknown>>): HarnessMetric[] {
  return Object.entries(fields).flatMap(([key, value]): HarnessMetric[] => {
    const [metric = '', filter] = key.split(',');
    if (filter === undefined || typeof value !== 'number' || metric.endsWith('_stderr')) {
      return [];
    }
    const stderr = fields[`${metric}_stderr,${filter}`];
    return [{ metric, filter, value, stderr: typeof stderr === 'number' ? stderr : null }];
  });
}
