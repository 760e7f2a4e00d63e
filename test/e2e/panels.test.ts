import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Frame } from 'playwright-core';
import * as v from 'valibot';
import { readJson } from '../../src/node/files/jsonFile';
import { descendantsOf } from '../../src/node/process/descendants';
import { readEvents } from '../../src/node/run/eventWriter';
import { RunFolder } from '../../src/node/run/runFolder';
import { formatChange } from '../../src/shared/common/metricText';
import { parseWith } from '../../src/shared/common/parse';
import { JobReport } from '../../src/shared/run/job';
import { recommendedStrength, StrengthFile, USUAL_RISE } from '../../src/shared/run/strength';
import { StudyFile } from '../../src/shared/study/study';
import { summarize } from '../../src/shared/study/studySummary';
import { adeptResult } from '../support/command';
import { HANG_MILLISECONDS } from '../support/hang';
import { projectRoot } from '../support/projectRoot';
import { axeFindings } from '../webview/support/axe';
import { PICTURES_WANTED } from '../support/picture';
import { Editor } from './support/editor';
import { FirstSteps } from './support/firstSteps';
import { mouseOf } from './support/hands';
import { unavailable } from './support/provided';
import { shorten } from './support/sampleWorkspace';
import type { Theme } from './support/themes';
import { thumbFromMarker } from './support/thumbFromMarker';
import { openWeights } from './support/weights';

const CONFIG = 'clinical-notes.adept.json';

/** Short, and long enough for curves. */
const RUN = {
  model: 'model',
  out: '.adept/runs/clinical-notes',
  probe: ['general.txt'],
  domain: ['domain.jsonl'],
  eval: { domain: ['domain-eval.jsonl'], general: ['general-eval.txt'] },
  // The native one where it is installed: this run is long enough for that to be quicker.
  engine: 'auto',
  analyze: { mode: 'fast', seqLen: 64, maxSequences: 16 },
  expand: { lowest: 2 },
  tune: {
    steps: 120,
    learningRate: 1e-3,
    warmup: 10,
    schedule: 'cosine',
    batchSize: 4,
    seqLen: 64,
    updateEvery: 10,
    saveEvery: 30,
    evalEvery: 10,
    maxProbeSequences: 8,
    maxEvalSequences: 16,
    seed: 1,
  },
  answers: { every: 60, maxTokens: 12 },
};

/** Gives a study a further seed, with which every run came to the same but for a moment. */
function sameAgain(file: string): void {
  const study = parseWith(StudyFile, readJson(file), 'it');
  const seed = Math.max(...study.seeds) + 1;
  const runs = study.runs.map(({ arm, report }) => ({
    ...{ arm, seed },
    report: { ...report, trainingSeconds: report.trainingSeconds + 1e-6 },
  }));
  const seeds = [...study.seeds, seed];
  writeFileSync(file, JSON.stringify({ ...study, seeds, runs: [...study.runs, ...runs] }));
}

/** The processes that answer in the windows of this test. */
function playgroundProcesses(): number[] {
  return descendantsOf(process.pid).flatMap(({ pid }) => {
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return args.includes('playground') ? [pid] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/** Its pictures are those of the README: `npm run pictures` puts them there. */
describe('every panel', { skip: unavailable() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'adept-panels-'));
  let editor: Editor;

  before(async () => {
    const source = join(folder, 'sample');
    cpSync(join(projectRoot, 'media/sample'), source, { recursive: true });
    rmSync(join(source, 'sample.adept.json'));
    shorten(source, ['general.txt']);
    writeFileSync(join(source, CONFIG), `${JSON.stringify(RUN, null, 2)}\n`);
    editor = await Editor.open({
      workspace: source,
      settings: {
        'security.workspace.trust.enabled': false,
        'editor.minimap.enabled': false,
      },
    });
    // Where the workspace lies is known only when it is open, and a run folder names its files in full.
    await adeptResult(['run', '--config', join(editor.workspace, CONFIG)]);
    await editor.runCommand('View: Show ADEPT');
  });

  after(async () => {
    await editor.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /**
   * Looks at a panel in the theme that comes next: the tests of the pages look at each in all of them, and to change the
   * theme of a window takes longer than to look. Pictures are taken in every theme.
   */
  async function inATheme(name: string, frame?: Frame): Promise<void> {
    const themes = editor.themes();
    await inThemes(PICTURES_WANTED ? themes : themes.slice(1, 2), name, frame);
  }

  async function inThemes(themes: readonly Theme[], name: string, frame?: Frame): Promise<void> {
    for (const theme of themes) {
      await editor.setTheme(theme);
      await editor.painted(frame);
      await editor.picture(`panel-${name}-${theme}`);
      if (frame !== undefined) {
        assert.deepEqual(await axeFindings(frame), [], theme);
      }
    }
  }

  it('heatmap, with plan and form', async () => {
    const steps = new FirstSteps(editor, mouseOf(editor));
    await steps.analyze();
    await steps.mark();
    await inThemes(editor.themes(), 'heatmap', await editor.webview('heatmap'));
  });

  it('heatmap, whose cell has the focus again after the menu of the editor', async () => {
    const frame = await editor.webview('heatmap');
    const cell = frame.locator('.heatmap tbody tr').nth(2).locator('td').first();
    await cell.click();
    await editor.page.keyboard.press('Shift+F10');
    const menu = editor.page.getByRole('menuitem', { name: 'Copy Value' });
    await editor.evidently('the menu', () => menu.waitFor());
    assert.equal(await editor.page.getByRole('menuitem', { name: /^(Cut|Copy|Paste)$/ }).count(), 0);
    await editor.page.keyboard.press('Escape');
    await menu.waitFor({ state: 'detached' });
    await editor.evidently('the focus on the cell', () =>
      frame.locator('.heatmap tbody tr:nth-child(3) td:first-of-type:focus').waitFor(),
    );
    await editor.page.keyboard.press('Control+C');
    await editor.evidently('the value of the cell in the clipboard', async () => {
      const value = (await cell.innerText()).trim();
      const copied = await editor.page.evaluate(() => navigator.clipboard.readText());
      assert.deepEqual([copied, Number.isFinite(Number(copied))], [value.replace('−', '-'), true]);
    });
    const tooltip = frame.locator('.cell-tooltip');
    await cell.hover();
    await editor.evidently('what the cell stands for', () => tooltip.waitFor());
    for (const number of (await tooltip.innerText()).match(/\d+(\.\d+)?/g) ?? []) {
      const digits = number.replace('.', '').replace(/^0+/, '');
      assert.ok(digits.length <= 6, `${number} in a tooltip`);
    }
    // The click has marked the layer, and at its number the hint says what a key does now.
    await editor.page.keyboard.press('Home');
    const hint = frame.locator('.cell-detail');
    await hint.getByText('Layer 2 is marked for expansion: Space unmarks it').waitFor();
    await editor.page.keyboard.press('Space');
    await hint.getByText('Layer 2: Space marks it for expansion').waitFor();
  });

  it('run', async () => {
    await editor.pick('ADEPT: Open Run', 'clinical-notes');
    const frame = await editor.webview('run', 'clinical-notes');
    await editor.evidently('the run', () => frame.locator('.state-done').waitFor());
    const { after: measured } = parseWith(
      JobReport,
      readJson(join(editor.workspace, RUN.out, 'report.json')),
      'it',
    );
    for (const [name, loss] of [
      ['domain', measured.domainLoss],
      ['general', measured.generalLoss],
    ] as const) {
      const row = frame.getByRole('row', { name: new RegExp(`^${name} `) });
      assert.equal(await row.locator('td').last().innerText(), loss?.toFixed(4));
    }
    await inATheme('run', frame);
  });

  it('units of a run over time', async () => {
    const frame = await editor.webview('run');
    await frame.getByRole('tab', { name: 'Units' }).click();
    await editor.evidently('which layer a unit’s layer copies', () =>
      frame
        .getByText(/\d+ \(copy of \d+\)/)
        .first()
        .waitFor(),
    );
    await inATheme('units', frame);
  });

  it('what the model of a run answers, before and after', async () => {
    const frame = await editor.webview('run');
    await frame.getByRole('tab', { name: 'Answers' }).click();
    const rounds = readEvents(RunFolder.at(join(editor.workspace, RUN.out)).file('events')).flatMap((event) =>
      event.type === 'answers' ? [event] : [],
    );
    assert.deepEqual(
      rounds.map(({ step }) => step),
      [0, 60, 120],
    );
    const [first, , last] = rounds;
    // Eleven prompts: what is said to the last of them, which is of the domain's text, before and now.
    const row = frame.locator('.answers tbody tr').last();
    const [before, now] = [first, last].map((round) => round?.answers.at(-1)?.text.trim() ?? 'none');
    const shown = (await row.innerText()).replace(/\s+/g, ' ');
    for (const text of [before, now]) {
      assert.ok(shown.includes((text ?? '').replace(/\s+/g, ' ')), `${shown} | ${text ?? ''}`);
    }
    await inATheme('answers', frame);
  });

  it('the strength (α) of a run', async () => {
    await editor.runCommand('ADEPT: Measure Strength (α)');
    const frame = await editor.webview('run');
    // It shows what was measured by itself.
    await editor.evidently('losses over α', () => frame.locator('.strength-curve').waitFor());
    await frame.getByRole('slider').fill('0.5');
    const strength = parseWith(
      StrengthFile,
      readJson(join(editor.workspace, '.adept/runs/clinical-notes/dial.json')),
      'it',
    );
    const half = strength.points.find(({ alpha }) => alpha === 0.5);
    assert.ok(half);
    await editor.evidently('both losses at this strength', () =>
      frame.getByText(`domain loss ${half.domainLoss.toFixed(4)}`).waitFor(),
    );
    const best = recommendedStrength(strength, USUAL_RISE)?.alpha ?? NaN;
    await frame.getByRole('button', { name: `α = ${best.toFixed(2)}`, exact: true }).click();
    await editor.evidently('the strength that is recommended', () =>
      frame.getByText(new RegExp(`^α = ${best.toFixed(2)}: domain loss`)).waitFor(),
    );
    await frame.getByText(/is recommended: (it keeps \d+% of|most domain gain|no other strength)/).waitFor();
    for (const alpha of ['0', '1', '0.5']) {
      await frame.getByRole('slider').fill(alpha);
      const apart = await frame.evaluate(thumbFromMarker);
      assert.ok(
        Math.abs(apart) < 1,
        `at α = ${alpha} the thumb is ${apart} pixels from the line in the plot`,
      );
    }
    const words = await frame.locator('.strength').innerText();
    assert.match(words, /\(−\d/);
    assert.doesNotMatch(words, /(^|[\s(])-\d/, 'one sign for less than zero');
    assert.equal(await frame.getByRole('rowheader', { name: /^\d+ \(copy of \d+\)$/ }).count(), 2);
    await inATheme('strength', frame);
  });

  it('the playground: the base model and a checkpoint at the strength of the run panel', async () => {
    const run = await editor.webview('run', 'clinical-notes');
    await run.getByRole('button', { name: 'Try in Playground' }).click();
    const frame = await editor.webview('playground');
    const second = frame.getByRole('group', { name: 'Second model' });
    await editor.evidently('the strength', () => second.getByText('0.50').waitFor());
    const prompt = 'The patient was';
    await frame.getByLabel('Prompt', { exact: true }).fill(prompt);
    await frame.getByText('Settings').click();
    await frame.getByLabel('Most tokens').fill('24');
    await frame.getByLabel('Most tokens').press('Tab');
    await frame.getByText('Settings').click();
    await frame.getByLabel('Prompt', { exact: true }).press('Control+Enter');
    const status = frame.getByRole('status');
    await editor.evidently('both answers', () => status.getByText('Answered.').waitFor());
    const file = join(editor.workspace, 'prompts.txt');
    writeFileSync(file, prompt);
    const model = join(editor.workspace, 'model');
    const result = await adeptResult([
      ...['generate', '--model', model, '--prompts', file, '--max-tokens', 24],
    ]);
    // The blank that joins an answer to its prompt is not shown.
    const answer = v.parse(v.string(), result.answer).trimStart();
    const said = frame.locator('.said .answer');
    assert.equal(await said.first().textContent(), answer);
    assert.notEqual(await said.last().textContent(), answer);
    assert.equal(await frame.locator('.columns .cost', { hasText: /ms per token/ }).count(), 2);
    await inATheme('playground', frame);

    // What is wrong with a prompt costs neither the prompt nor the process.
    const long = 'word '.repeat(400);
    await frame.getByLabel('Prompt', { exact: true }).fill(long);
    await frame.getByLabel('Prompt', { exact: true }).press('Control+Enter');
    await editor.evidently('what is wrong', () =>
      frame.getByRole('alert').getByText("more than the model's 256 positions").waitFor(),
    );
    const [answering] = playgroundProcesses();
    assert.ok(answering, 'no process answers');
    process.kill(answering, 'SIGKILL');
    await editor.evidently('why nothing answers any more', () =>
      frame.getByRole('alert').getByText('Answering has ended').waitFor(),
    );
    assert.equal(await frame.getByLabel('Prompt', { exact: true }).inputValue(), long);
    await editor.reload();
    const restored = await editor.webview('playground');
    await editor.evidently('the last answers', () =>
      restored.locator('.asked', { hasText: prompt }).waitFor(),
    );
    assert.equal(await restored.locator('.said .answer').first().textContent(), answer);
    assert.equal(await restored.getByLabel('Prompt', { exact: true }).inputValue(), long);
    await restored.getByRole('button', { name: `Ask again: ${prompt}` }).click();
    await editor.evidently('the same answers', () =>
      restored.getByRole('status').getByText('Answered.').waitFor(),
    );
    assert.equal(await restored.locator('.said .answer').first().textContent(), answer);
    await editor.runCommand('View: Close Editor');
    await editor.evidently('the end of the process that answered', async () => {
      const deadline = Date.now() + HANG_MILLISECONDS;
      while (playgroundProcesses().length > 0) {
        assert.ok(Date.now() < deadline, 'it goes on');
        await setTimeout(100);
      }
    });
  });

  it('a run that froze units, because it forgot more than it may', async () => {
    const file = join(editor.workspace, 'limited.adept.json');
    const limit = { maxGeneralRise: 0.001, onGeneralRise: 'freeze', learningRate: 0.02 };
    const tune = { ...RUN.tune, ...limit, steps: 20, evalEvery: 10 };
    writeFileSync(file, JSON.stringify({ ...RUN, out: '.adept/runs/limited', tune }));
    await adeptResult(['run', '--config', file]);
    await editor.pick('ADEPT: Open Run', 'limited');
    const frame = await editor.webview('run', 'limited');
    await frame.getByRole('tab', { name: 'Log' }).click();
    await editor.evidently('why', () =>
      frame
        .getByText(/^step 10: general loss is .* and may rise by 0\.001: \d+ units train no more/)
        .waitFor(),
    );
    await frame.getByRole('tab', { name: 'Units' }).click();
    await editor.evidently('which', () =>
      frame.getByRole('cell', { name: 'frozen', exact: true }).first().waitFor(),
    );
    await editor.picture('limited');
  });

  it('a study', async () => {
    const arms = ['full', 'adept'] as const;
    await editor.openText(CONFIG);
    await editor.runCommand('ADEPT: New Study…');
    await editor.evidently('the methods', () =>
      editor.page.getByText('every parameter at one learning rate').waitFor(),
    );
    await editor.acceptInput();
    await editor.answerBox('Seeds: orders of the text', '1');
    const file = join(editor.workspace, 'clinical-notes.study.json');
    await editor.evidently('the new file', () => editor.page.getByText('"llamaPro"').first().waitFor());
    const made = v.parse(v.looseObject({ job: v.string(), out: v.string() }), readJson(file));
    const short = { steps: 30, evalEvery: 30 };
    writeFileSync(file, JSON.stringify({ ...made, arms, tune: { full: short, adept: short } }, null, 2));
    await editor.evidently('the file as it is now', () =>
      editor.page.getByText('"evalEvery": 30').first().waitFor(),
    );
    await editor.page.getByText('Run Study').first().click();
    const frame = await editor.webview('study');
    await editor.evidently('both runs', () => frame.getByText('2 of 2 runs are done').waitFor());
    const summaries = summarize(
      parseWith(StudyFile, readJson(join(editor.workspace, made.out, 'study.json')), 'it'),
    );
    assert.equal(summaries.length, arms.length);
    for (const { arm, domainGain, generalRise } of summaries) {
      const cells = await frame
        .getByRole('row', { name: new RegExp(`^${arm} `) })
        .locator('td')
        .allInnerTexts();
      assert.deepEqual(cells.slice(0, 3), ['1', domainGain.mean.toFixed(4), formatChange(generalRise.mean)]);
      assert.equal(await frame.locator('.plot text', { hasText: arm }).count(), 1);
    }
    const results = join(editor.workspace, made.out, 'study.json');
    const own = readFileSync(results);
    sameAgain(results);
    const row = frame.getByRole('row', { name: /^adept 2 / });
    await editor.evidently('two seeds', () => row.waitFor());
    assert.doesNotMatch(await row.innerText(), /\(.* to .*\)/, 'from a value to the same is no range');
    writeFileSync(results, own);
    await editor.evidently('its own seed alone', () => row.waitFor({ state: 'detached' }));
    await inATheme('study', frame);
    await frame.locator('.plot [data-arm="adept"]').click();
    await editor.webview('run', 'adept-0');
  });

  it('comparison of checkpoints', async () => {
    await editor.answer((label) => editor.runCommand(label), 'ADEPT: Compare Checkpoints', [
      ['The first checkpoint', 'Step 30'],
      ['The second checkpoint', 'Step 120'],
    ]);
    const frame = await editor.webview('comparison');
    await editor.evidently('the comparison', () => frame.locator('.heatmap td').first().waitFor());
    assert.match(await frame.locator('.heatmap tbody th').first().innerText(), /\b\d+ \(copy of \d+\)$/);
    await inATheme('comparison', frame);
  });

  it('tensors of a weight file', async () => {
    const frame = await openWeights(editor, 'model/model.safetensors');
    await editor.evidently('the tensors', () => frame.getByText('q_proj').first().waitFor());
    await inATheme('tensors', frame);
  });

  it('the state of a run inside its configuration, beside runs and checkpoints', async () => {
    await editor.runCommand('View: Close All Editors');
    await editor.pick('ADEPT: Explore Checkpoints', 'clinical-notes');
    // Last: a text that loses the focus while it is opened keeps the links of before, which do nothing yet.
    await editor.openText(CONFIG);
    await editor.evidently('the links', () =>
      editor.page.locator('.codelens-decoration a', { hasText: 'Open' }).waitFor(),
    );
    await inATheme('configuration');
  });

  it('violated no content security policy and left no error of its own', () => {
    assert.deepEqual(editor.problems, []);
  });
});
