import { existsSync } from 'node:fs';
import { PromptSet, type GivenAnswer } from '../../../shared/run/answers';
import { asKeysOf } from '../../../shared/settings/naming';
import { parseWith } from '../../../shared/common/parse';
import { readJson, writeJson } from '../../../node/files/jsonFile';
import type { Questioner } from '../generate/questioner';
import { promptSetOf, questionerOf } from './promptSet';
import type { SessionParts } from './sessionParts';

/** Has the model answer the run's prompts as it is at a step, and logs what it says. */
export class Answering {
  private readonly questioner: Questioner;

  private constructor(
    private readonly parts: SessionParts,
    private readonly set: PromptSet,
  ) {
    this.questioner = questionerOf(parts.input.spec.model, set.maxTokens);
  }

  /**
   * Of a run that asks anything; its prompts are written down the first time, and asked from then on, whatever becomes of their
   * file.
   * @throws AdeptError (input) naming the file that is damaged, or the prompt.
   */
  static open(parts: SessionParts): Answering | undefined {
    const { spec, corpora } = parts.input;
    if (spec.answers === undefined) {
      return undefined;
    }
    const { folder } = parts.lease;
    const file = folder.file('prompts');
    if (!existsSync(file)) {
      const naming = asKeysOf(folder.file('spec'));
      writeJson(file, promptSetOf(spec.model, spec.answers, corpora.lists.domainEval, naming));
    }
    return new Answering(parts, parseWith(PromptSet, readJson(file), file));
  }

  async answer(): Promise<void> {
    const { model, state, lease } = this.parts;
    const begin = performance.now();
    const asked = this.set.prompts.map(({ text, ids }, number) => ({
      ...{ content: text, where: `prompt ${number + 1}`, ids: Int32Array.from(ids), number },
    }));
    const answers: GivenAnswer[] = [];
    await this.questioner.ask(
      model,
      asked,
      ({ answer: text, finish: end }) => {
        answers.push({ text, end });
      },
      lease.phaseTask('answering'),
    );
    const seconds = (performance.now() - begin) / 1000;
    lease.emit({ type: 'answers', step: state.step, answers, seconds });
  }
}
