import type { Command } from 'commander';
import { failure, inputError } from '../../shared/common/errors';
import { withModel } from '../../trainer/executor/withModel';
import { readPrompts, type PromptContent } from '../../trainer/generation/promptFile';
import { Questioner, type AnswerSettings, type ModelAnswer } from '../../trainer/jobs/generate/questioner';
import { Cancelled, withoutProgress } from '../../trainer/task';
import {
  addEngine,
  countOf,
  engineOf,
  jsonCommand,
  listOf,
  MODEL_DESCRIPTION,
  modelOf,
  numberOf,
  parseNumber,
  requiredText,
  withOutput,
  type RawOptions,
} from '../common/options';
import { withExecutor } from '../common/withExecutor';

const MAX_TOKENS = 128;
const BATCH_SIZE = 8;

export function generateCommand(): Command {
  const command = jsonCommand('generate', 'answer prompts, with one JSON row a prompt with --json')
    .option('--model <DIR>', MODEL_DESCRIPTION)
    .option('--prompts <FILE>', 'prompts: a text file with one a line, .jsonl or .json')
    .option('--max-tokens <N>', `tokens of an answer at most (default: ${MAX_TOKENS})`, parseNumber)
    .option(
      '--temperature <X>',
      '0 takes the likeliest token, more draws among them (default: 0)',
      parseNumber,
    )
    .option(
      '--top-p <X>',
      'draw among the likeliest tokens with this probability together (default: 1)',
      parseNumber,
    )
    .option('--seed <N>', 'of what is drawn (default: 0)', parseNumber)
    .option('--stop <TEXT...>', 'texts that end an answer')
    .option(
      '--chat',
      'put each text into the chat template as what a user says; conversations always go through it',
    )
    .option('--batch-size <N>', `prompts side by side (default: ${BATCH_SIZE})`, parseNumber);
  return addEngine(command).action(
    withOutput(async (output, raw) => {
      const model = modelOf(raw);
      const prompts = readPrompts(requiredText(raw, 'prompts', '--prompts'), '--prompts');
      const questioner = new Questioner(model, settingsOf(raw));
      const encoded = questioner.encode(prompts);
      const task = output.cancellableTask();
      let answered = 0;
      await withExecutor(engineOf(raw), output, (executor) =>
        withModel(executor, questioner.request, withoutProgress(task), (opened) =>
          questioner.ask(
            opened,
            encoded,
            (answer) => {
              answered += 1;
              output.result(answer, answerText(answer));
            },
            task,
          ),
        ),
      ).catch((error: unknown) => {
        throw error instanceof Cancelled
          ? failure(
              `Cancelled: ${answered} of ${prompts.length} prompts were answered; ask the others again.`,
            )
          : error;
      });
    }),
  );
}

function settingsOf(raw: RawOptions): AnswerSettings {
  const temperature = numberOf(raw, 'temperature') ?? 0;
  if (temperature < 0) {
    throw inputError(`--temperature: ${temperature} is not usable: give 0 or more.`);
  }
  const topP = numberOf(raw, 'topP') ?? 1;
  if (topP <= 0 || topP > 1) {
    throw inputError(`--top-p: ${topP} is not usable: give more than 0 and up to 1.`);
  }
  return {
    maxTokens: countOf(raw, 'maxTokens', '--max-tokens') ?? MAX_TOKENS,
    ...{ temperature, topP },
    seed: countOf(raw, 'seed', '--seed', 0) ?? 0,
    stopTexts: listOf(raw, 'stop')?.filter((text) => text !== '') ?? [],
    batchSize: countOf(raw, 'batchSize', '--batch-size') ?? BATCH_SIZE,
    asConversation: raw.chat === true,
  };
}

function answerText({ prompt, answer }: ModelAnswer): string {
  return `> ${shown(prompt).replaceAll('\n', '\n> ')}\n${answer.trim()}\n`;
}

function shown(prompt: PromptContent): string {
  return typeof prompt === 'string'
    ? prompt
    : prompt
        .map(
          ({ role, content }) =>
            `${role}: ${typeof content === 'string' ? content : JSON.stringify(content)}`,
        )
        .join('\n');
}
