import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { ClusterFile } from '../../src/shared/cluster/clusterFile';
import { planOnCluster, type ClusterPlan } from '../../src/shared/estimate/cluster/clusterPlan';
import { parseModelConfig } from '../../src/shared/model/config';
import { projectRoot } from '../support/projectRoot';

interface Question {
  readonly model: string;
  readonly cluster: unknown;
  readonly full: boolean;
  readonly tokens: number;
  readonly sequences: number;
  readonly seqLen: number;
}

interface Script {
  readonly MODELS: Readonly<
    Record<string, { readonly config: Record<string, unknown>; readonly layers: number[] }>
  >;
  readonly tablesOf: (plan: (question: Question) => ClusterPlan) => Readonly<Record<string, string>>;
  readonly withTables: (page: string, tables: Readonly<Record<string, string>>) => string;
}

describe('docs/scale.md', () => {
  it('has what the planner says: npm run scale writes its tables', async () => {
    const { MODELS, tablesOf, withTables } = (await import(
      pathToFileURL(join(projectRoot, 'scripts/scale.mjs')).href
    )) as Script;
    const page = readFileSync(join(projectRoot, 'docs/scale.md'), 'utf8');
    const tables = tablesOf(({ model, cluster, full, tokens, sequences, seqLen }) => {
      const known = MODELS[model];
      assert.ok(known);
      return planOnCluster(
        {
          config: parseModelConfig(known.config, model),
          ...{ expanded: full ? [] : known.layers, full, tokens, seqLen, sequencesPerStep: sequences },
        },
        v.parse(ClusterFile, cluster),
      );
    });
    assert.equal(withTables(page, tables), page);
    assert.match(tables.plans ?? '', /Qwen3-8B \| four copies \| 8 \| copies sharded/);
    const example = /```json\n([^]*?)```/.exec(page)?.[1] ?? '';
    assert.equal(v.parse(ClusterFile, JSON.parse(example)).launcher, 'ssh');
  });
});
