import { parse } from 'csv-parse/sync';
import { basename, extname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { inputError, messageOf } from '../../../shared/common/errors';
import type { ChoiceScore } from '../../../shared/config/runConfig';
import { readLines, readText } from './textFile';

/** The columns of MMLU's files, which have no header row. */
const MMLU_COLUMNS = ['question', 'A', 'B', 'C', 'D', 'answer'] as const;
const MOST_CHOICES = 26;
const SUBJECT_FILE = /^(.+)_(?:dev|val|test)$/;
const EXPECTED = 'question,A,B,C,D,answer, as MMLU has them';

/** A multiple-choice question. */
export interface Question {
  /** From the name of the file, for example `abstract_algebra` from abstract_algebra_dev.csv. */
  readonly subject?: string;
  readonly question: string;
  /** Two at least. */
  readonly choices: readonly string[];
  /** Which of the choices is right, from 0. */
  readonly answer: number;
  readonly source: string;
  /** In the file, from 1, a header row included. */
  readonly row: number;
}

/** A question by itself, wherever it comes from. */
export type QuestionParts = Pick<Question, 'question' | 'choices' | 'answer'> &
  Partial<Pick<Question, 'subject'>>;

/**
 * Reads multiple-choice questions: CSV files with the columns question, A, B, C, D, answer (with a header row the columns may
 * come in any order and among others, and there may be more or fewer choices), and JSON lines as ARC and MMLU are published.
 * @param field what to name in errors, for example `--data`
 * @throws AdeptError (input) that names the file and the row.
 */
export function loadQuestions(files: readonly string[], field?: string): Question[] {
  if (files.length === 0) {
    throw inputError(
      `${field ?? 'questions'}: no file is named: name .csv or .jsonl files of multiple-choice questions.`,
    );
  }
  return files.flatMap((file) => readQuestions(file, field === undefined ? file : `${field} ${file}`));
}

/** Reads one file for {@link loadQuestions}; `where` names it in errors. */
function readQuestions(file: string, where: string): Question[] {
  const extension = extname(file).toLowerCase();
  if (extension !== '.csv' && extension !== '.jsonl') {
    throw inputError(
      `${where}: multiple-choice questions come as .csv (${EXPECTED}) or .jsonl (as ARC is published): name such a file.`,
    );
  }
  const rows = extension === '.csv' ? csvQuestions(file, where) : jsonQuestions(file, where);
  const subject = SUBJECT_FILE.exec(basename(file, extname(file)))?.[1];
  const questions = [...rows].map(([row, parts]) => ({
    ...(subject === undefined ? {} : { subject }),
    ...parts,
    source: file,
    row,
  }));
  if (questions.length === 0) {
    throw inputError(`${where}: holds no question: give rows of ${EXPECTED}.`);
  }
  return questions;
}

function* csvQuestions(file: string, where: string): Generator<[number, QuestionParts]> {
  const rows = parseCsv(readText(file, where), where);
  const header = choiceColumns(rows[0]);
  for (const [index, cells] of rows.entries()) {
    if (index > 0 || header === undefined) {
      yield [index + 1, questionOf(cells, header, `${where}: row ${index + 1}`)];
    }
  }
}

const key = v.union([v.string(), v.number()]);

/** ARC as the Hub has it, and as its authors publish it (Clark et al. 2018, arXiv 1803.05457). */
const ArcRow = v.union([
  v.pipe(
    v.object({
      question: v.string(),
      choices: v.object({ text: v.array(v.string()), label: v.array(v.string()) }),
      answerKey: key,
    }),
    v.transform(({ question, choices, answerKey }) => ({
      ...{ question, answerKey },
      ...{ texts: choices.text, labels: choices.label },
    })),
  ),
  v.pipe(
    v.object({
      question: v.object({
        stem: v.string(),
        choices: v.array(v.object({ text: v.string(), label: v.string() })),
      }),
      answerKey: key,
    }),
    v.transform(({ question: { stem, choices }, answerKey }) => ({
      ...{ question: stem, answerKey },
      ...{ texts: choices.map(({ text }) => text), labels: choices.map(({ label }) => label) },
    })),
  ),
]);

/** MMLU as the Hub has it. */
const MmluRow = v.object({
  question: v.string(),
  subject: v.optional(v.string(), ''),
  choices: v.array(v.string()),
  answer: key,
});

function* jsonQuestions(file: string, where: string): Generator<[number, QuestionParts]> {
  for (const { text, number } of readLines(file, where)) {
    if (text.trim() !== '') {
      yield [number, jsonQuestion(text, `${where}: row ${number}`)];
    }
  }
}

function jsonQuestion(text: string, where: string): QuestionParts {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch (error) {
    throw inputError(`${where}: is not JSON (${messageOf(error)}): write one question a line.`, error);
  }
  const arc = v.safeParse(ArcRow, row);
  if (arc.success) {
    return arcQuestion(arc.output, where);
  }
  const mmlu = v.safeParse(MmluRow, row);
  if (!mmlu.success) {
    throw inputError(
      `${where}: is not a question in the form of ARC or MMLU: write {"question", "choices": {"text": [...], "label": [...]}, "answerKey"} or {"question", "choices": [...], "answer"}.`,
    );
  }
  const { question, choices, answer, subject } = mmlu.output;
  const parts = checked(question, choices, (count) => answerIndex(String(answer), count, where), where);
  return subject === '' ? parts : { ...parts, subject };
}

function arcQuestion(
  { question, texts, labels, answerKey }: v.InferOutput<typeof ArcRow>,
  where: string,
): QuestionParts {
  if (labels.length !== texts.length) {
    throw inputError(`${where}: has ${texts.length} choices and ${labels.length} labels: correct it.`);
  }
  // Some of ARC's labels are digits, from 1: the label decides, not the position.
  const wanted = String(answerKey).trim();
  const answer = labels.findIndex((label) => label.trim() === wanted);
  if (answer < 0) {
    throw inputError(`${where}: its answer "${wanted}" is none of ${labels.join(', ')}: correct it.`);
  }
  return checked(question, texts, () => answer, where);
}

/** The choices that there are: a file of questions with fewer than others leaves the last ones empty. */
function checked(
  question: string,
  choices: readonly string[],
  answerAmong: (count: number) => number,
  where: string,
): QuestionParts {
  if (question.trim() === '') {
    throw inputError(`${where}: the question is empty: write one or remove the row.`);
  }
  if (choices.length > MOST_CHOICES) {
    throw inputError(`${where}: has ${choices.length} choices; ${MOST_CHOICES} are the most.`);
  }
  const answer = answerAmong(choices.length);
  const last = choices.findLastIndex((choice) => choice.trim() !== '');
  const kept = choices.slice(0, Math.max(last, answer) + 1);
  if (kept.length < 2) {
    throw inputError(`${where}: has ${kept.length} choices: a question takes two at least.`);
  }
  return { question, choices: kept, answer };
}

function letterOf(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

/**
 * A question after answered examples, and its possible continuations. With examples it is put as MMLU and ARC put it: a
 * sentence that names the subject, where there is one, and an empty line between questions.
 */
export function choicePrompt(
  question: QuestionParts,
  score: ChoiceScore,
  examples: readonly QuestionParts[] = [],
): { prompt: string; continuations: string[] } {
  const render = score === 'letter' ? renderPrompt : renderTextPrompt;
  const solutionOf = ({ choices, answer }: QuestionParts): string =>
    score === 'letter' ? letterOf(answer) : (choices[answer] ?? '');
  const about = question.subject === undefined ? '' : ` about ${question.subject.replaceAll('_', ' ')}`;
  const heading =
    score === 'letter' && examples.length > 0
      ? [`The following are multiple choice questions (with answers)${about}.`]
      : [];
  const solved = examples.map((example) => `${render(example)} ${solutionOf(example)}`);
  return {
    prompt: [...heading, ...solved, render(question)].join('\n\n'),
    continuations: question.choices.map((text, index) => ` ${score === 'letter' ? letterOf(index) : text}`),
  };
}

/** The first `shots` examples of the question's subject, or of all where none has it. */
export function examplesFor(
  question: QuestionParts,
  examples: readonly QuestionParts[],
  shots: number,
): QuestionParts[] {
  const same = examples.filter(({ subject }) => subject !== undefined && subject === question.subject);
  return (same.length > 0 ? same : examples)
    .filter((example) => !isSameQuestion(example, question))
    .slice(0, shots);
}

function isSameQuestion(one: QuestionParts, other: QuestionParts): boolean {
  return one.question === other.question && isDeepStrictEqual(one.choices, other.choices);
}

function renderTextPrompt({ question }: QuestionParts): string {
  return `Question: ${question}\nAnswer:`;
}

/** The text up to and including `Answer:`; the model's choice is the likeliest of " A", " B" and so on after it. */
export function renderPrompt({ question, choices }: QuestionParts): string {
  const lines = choices.map((choice, index) => `${letterOf(index)}. ${choice}`);
  return [question, ...lines, 'Answer:'].join('\n');
}

/** The question with its right letter, as a document of a corpus. */
export function renderQuestion(question: QuestionParts): string {
  return `${renderPrompt(question)} ${letterOf(question.answer)}`;
}

function parseCsv(text: string, where: string): string[][] {
  try {
    return parse(text, { relax_column_count: true, relax_quotes: true, skip_empty_lines: true });
  } catch (error) {
    throw inputError(`${where}: is not CSV (${messageOf(error)}): correct its quotes.`, error);
  }
}

/** Which columns of a table hold a question and its answer. */
export interface ChoiceColumns {
  readonly question: number;
  /** A, B and so on, as far as there are any. */
  readonly choices: readonly number[];
  readonly answer: number;
  /** Columns of the header row. */
  readonly width: number;
}

/** Where everything stands if this row is a header, undefined if it is a question. */
export function choiceColumns(cells: readonly string[] | undefined): ChoiceColumns | undefined {
  const names = (cells ?? []).map((cell) => cell.trim().toLowerCase());
  const [question, answer] = [names.indexOf('question'), names.indexOf('answer')];
  const letters = Array.from({ length: MOST_CHOICES }, (_, index) =>
    names.indexOf(letterOf(index).toLowerCase()),
  );
  const missing = letters.indexOf(-1);
  const choices = missing < 0 ? letters : letters.slice(0, missing);
  return question < 0 || answer < 0 || choices.length < 2
    ? undefined
    : { question, choices, answer, width: names.length };
}

const MMLU: ChoiceColumns = { question: 0, choices: [1, 2, 3, 4], answer: 5, width: MMLU_COLUMNS.length };

/**
 * The question of a row of cells.
 * @param header where a header row says its parts stand; as in MMLU's files if there is none
 * @param where names file and row in errors
 * @throws AdeptError (input) if the row is no question.
 */
export function questionOf(
  cells: readonly string[],
  header: ChoiceColumns | undefined,
  where: string,
): QuestionParts {
  if (header === undefined && cells.length !== MMLU.width) {
    throw inputError(
      `${where}: has ${cells.length} columns, not the ${MMLU.width} of ${EXPECTED}: correct it.`,
    );
  }
  const columns = header ?? MMLU;
  // A comma that is not quoted would shift the choices.
  if (cells.length > columns.width) {
    throw inputError(
      `${where}: has ${cells.length} columns, the header row ${columns.width}: put cells that hold commas in quotes.`,
    );
  }
  const question = cells[columns.question];
  const choices = columns.choices.flatMap((column) => cells[column] ?? []);
  if (question === undefined || choices.length < columns.choices.length) {
    throw inputError(`${where}: has fewer columns than the header row: correct it.`);
  }
  return checked(question, choices, (count) => answerIndex(cells[columns.answer], count, where), where);
}

/** A letter, or a number from 0. */
function answerIndex(answer: string | undefined, count: number, where: string): number {
  const text = answer?.trim().toUpperCase() ?? '';
  const letters = Array.from({ length: count }, (_, index) => letterOf(index));
  const index = /^\d+$/.test(text) ? Number(text) : letters.indexOf(text);
  if (index < 0 || index >= count) {
    throw inputError(
      `${where}: its answer "${answer ?? ''}" is none of ${letters.join(', ')} (or 0 to ${count - 1}): correct it.`,
    );
  }
  return index;
}
