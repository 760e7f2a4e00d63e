import { existsSync } from 'node:fs';
import { PromptSet, type GivenAnswer } from '../../../shared/run/answers';
import { parseWith } from '../../../shared/common/parse';
import { readJson, writeJson } from '../../../node/files/jsonFile';
import type { Questioner } from '../generate/questioner';
import { questionerOf } from './promptSet';
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
   * Of a run that asks anything; its prompts are written down the first time, and asked from then on.
   * @throws AdeptError (input) naming the file of the run that is damaged.
   */
  static open(parts: SessionParts): Answering | undefined {
    const { prompts } = parts.input;
    if (prompts === undefined) {
      return undefined;
    }
    const file = parts.lease.folder.file('prompts');
    if (!existsSync(file)) {
      writeJson(file, prompts);
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
