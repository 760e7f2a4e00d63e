import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as v from 'valibot';
import { readEvents } from '../../src/node/run/eventWriter';
import { seededRandom } from '../../src/shared/common/random';
import { TORCH_FAMILIES } from '../../src/shared/model/familyTable';
import type { RunConfig } from '../../src/shared/config/runConfig';
import { JOB_FILES, type JobReport } from '../../src/shared/run/job';
import { readImportance } from '../../src/trainer/jobs/measure/importanceInput';
import { readManifest } from '../../src/trainer/method/manifest';
import { asKeysOf } from '../../src/shared/settings/naming';
import { checkJob } from '../../src/trainer/jobs/whole/jobInput';
import { createJob, runJob } from '../../src/trainer/jobs/whole/wholeJob';
import { SILENT_TASK } from '../../src/trainer/task';
import type { TorchExecutor } from '../../src/trainer/torch/torchExecutor';
import { messageOf } from '../../src/shared/common/errors';
import { runPython } from '../support/loadedPython';
import { analyzeSettings, tuneSettings } from '../support/settings';
import { forkTorch } from '../support/torch';
import { TORCH_MISSING } from '../support/torchPython';

// With norms after the outputs; with norms that multiply by 1 + weight and layers of two kinds; with experts; with layers of two
// kinds, some without experts; with a router whose bias no optimizer trains, and a layer above those that compute.
const FAMILIES = ['olmo2', 'gemma3_text', 'qwen3_moe', 'qwen3_next', 'glm4_moe'] as const;
// What docs/models.md says that this engine alone computes.
const ALONE: readonly (keyof typeof TORCH_FAMILIES)[] = ['qwen3_moe', 'qwen3_next', 'glm4_moe'];
type Family = (typeof FAMILIES)[number];
const LENGTH = 12;
const STEPS = 20;
const HOOKS = { task: SILENT_TASK, onEvent: (): void => undefined };

const WRITE = `
import sys, pathlib
from tests.models import write_model
for family in sys.argv[2:]:
    write_model(pathlib.Path(sys.argv[1]) / family, family)
`;

/** Mean losses by transformers alone, and which parameters it could not find or did not know. */
const READ_BACK = `
import json, sys, torch, transformers
rows = torch.tensor([json.loads(line)["input_ids"] for line in open(sys.argv[1])])
found = []
for folder in sys.argv[2:]:
    model, info = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    with torch.no_grad():
        logits = model.eval()(rows).logits[:, :-1].flatten(0, 1)
    loss = torch.nn.functional.cross_entropy(logits, rows[:, 1:].flatten()).item()
    keys = [*info["missing_keys"], *info["unexpected_keys"], *info["mismatched_keys"]]
    # Of published models it is there, too, and not loaded.
    above = getattr(model.config, "num_nextn_predict_layers", None) and f"model.layers.{model.config.num_hidden_layers}."
    assert not above or any(key.startswith(above) for key in keys)
    keys = [key for key in keys if not (above and key.startswith(above))]
    found.append({"loss": loss, "keys": list(map(str, keys)), "layers": model.config.num_hidden_layers})
print(json.dumps(found))
`;
const ReadBack = v.array(v.object({ loss: v.number(), keys: v.array(v.string()), layers: v.number() }));

/** Already tokenised, so that no tokenizer is needed. */
function writeRows(file: string, rows: number, seed: number): string {
  const random = seededRandom(seed);
  const row = (): number[] => Array.from({ length: LENGTH }, () => Math.floor(random() * 67));
  const text = Array.from({ length: rows }, () => JSON.stringify({ input_ids: row() }));
  writeFileSync(file, `${text.join('\n')}\n`);
  return file;
}

describe('families that only the engine torch computes', { skip: TORCH_MISSING }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'adept-test-'));
  const domain = join(folder, 'domain.jsonl');
  const reports = new Map<Family, JobReport>();
  let executor: TorchExecutor;

  before(async () => {
    runPython(WRITE, folder, ...FAMILIES);
    writeRows(domain, 8, 1);
    writeRows(join(folder, 'general.jsonl'), 8, 2);
    executor = await forkTorch();
  });
  after(async () => {
    await executor.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function configOf(family: Family, engine: RunConfig['engine']): RunConfig {
    const general = join(folder, 'general.jsonl');
    return {
      ...{ model: join(folder, family), probe: [general], domain: [domain], eval: { domain: [domain] } },
      ...{ out: join(folder, `${family}-run`), engine, expand: { layers: [1, 2] }, export: {} },
      analyze: analyzeSettings({ seqLen: LENGTH, batchSize: 4, maxSequences: 4 }),
      tune: tuneSettings({
        ...{ steps: STEPS, learningRate: 1e-2, updateEvery: 5, batchSize: 4, seqLen: LENGTH, evalEvery: 20 },
        ...{ maxProbeSequences: 4, maxEvalSequences: 8 },
      }),
    };
  }

  it('are all that the documents name', () => {
    assert.deepEqual(Object.keys(TORCH_FAMILIES), ALONE);
    assert.ok(ALONE.every((family) => FAMILIES.includes(family)));
  });

  it('are refused by the other engines, which name the one that computes them', async () => {
    await assert.rejects(
      checkJob(configOf('qwen3_moe', 'native'), asKeysOf('x.adept.json'), SILENT_TASK),
      /qwen3_moe\/config\.json: "model_type" is "qwen3_moe": .* or choose the engine torch\.$/,
    );
  });

  for (const family of FAMILIES) {
    it(`${family}: is analyzed, expanded without any difference, tuned and exported`, async () => {
      const config = configOf(family, 'torch');
      const corpora = await checkJob(config, asKeysOf('x.adept.json'), SILENT_TASK);
      const run = createJob(config, '--out');
      const outcome = await runJob(run, config, executor, HOOKS, { corpora }).catch((error: unknown) =>
        assert.fail(messageOf(error)),
      );
      assert.ok(outcome.status === 'done');
      const { report } = outcome;
      reports.set(family, report);
      assert.equal(readManifest(join(run.path, JOB_FILES.expanded))?.equivalence?.maxDifference, 0);
      const importances = readImportance(run.file('importance')).units;
      assert.ok(importances.length > 0 && importances.every(({ importance }) => importance > 0));
      const [before, after] = [report.before.domainLoss ?? NaN, report.after.domainLoss ?? NaN];
      assert.ok(after < before - 0.1, `${before} became ${after}`);
      const steps = readEvents(run.file('events')).flatMap((event) =>
        event.type === 'step' ? [event.loss] : [],
      );
      assert.equal(steps.length, STEPS);
    });
  }

  it('are read back by transformers alone, which finds all of their tensors and the same losses', () => {
    const exported = FAMILIES.map((family) => reports.get(family)?.exported ?? '');
    const found = v.parse(ReadBack, JSON.parse(runPython(READ_BACK, domain, ...exported)));
    for (const [index, family] of FAMILIES.entries()) {
      const { loss = NaN, keys, layers } = found[index] ?? {};
      assert.deepEqual([keys, layers], [[], 6], family);
      const expected = reports.get(family)?.after.domainLoss ?? NaN;
      assert.ok(Math.abs(loss - expected) < 1e-4, `${family}: ${loss}, in the run ${expected}`);
    }
  });
});
