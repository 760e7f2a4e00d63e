import { parse } from 'csv-parse/sync';
import { basename, extname } from 'node:path';
import { inputError, messageOf } from '../../shared/errors';
import type { ChoiceScore } from '../../shared/runConfig';
import { readText } from './textFile';

const LETTERS = ['A', 'B', 'C', 'D'] as const;
const FIELDS = ['question', ...LETTERS, 'answer'] as const;
const SUBJECT_FILE = /^(.+)_(?:dev|val|test)$/;
const EXPECTED = 'question,A,B,C,D,answer, as MMLU has them';

export type AnswerIndex = 0 | 1 | 2 | 3;

/** A multiple-choice question. */
export interface Question {
  /** From the name of the file, for example `abstract_algebra` from abstract_algebra_dev.csv. */
  readonly subject?: string;
  readonly question: string;
  readonly choices: readonly [string, string, string, string];
  /** Which of the choices is right. */
  readonly answer: AnswerIndex;
  readonly source: string;
  /** In the file, from 1, a header row included. */
  readonly row: number;
}

/**
 * Reads multiple-choice questions from CSV files with the columns question, A, B, C, D, answer; with a header row the
 * columns may come in any order and among others.
 * @param field what to name in errors, for example `--data`
 * @throws AdeptError (input) that names the file and the row.
 */
export function loadQuestions(files: readonly string[], field?: string): Question[] {
  if (files.length === 0) {
    throw inputError(
      `${field ?? 'questions'}: no file is named: name .csv files of multiple-choice questions.`,
    );
  }
  return files.flatMap((file) => readQuestions(file, field === undefined ? file : `${field} ${file}`));
}

/** Reads one file for {@link loadQuestions}; `where` names it in errors. */
export function readQuestions(file: string, where: string): Question[] {
  if (extname(file).toLowerCase() !== '.csv') {
    throw inputError(`${where}: multiple-choice questions come as .csv (${EXPECTED}): name such a file.`);
  }
  const rows = parseCsv(readText(file, where), where);
  const columns = headerColumns(rows[0]);
  const subject = SUBJECT_FILE.exec(basename(file, extname(file)))?.[1];
  const questions: Question[] = [];
  for (const [index, cells] of rows.entries()) {
    if (index > 0 || columns === undefined) {
      const parts = questionOf(cells, columns, `${where}: row ${index + 1}`);
      questions.push({
        ...(subject === undefined ? {} : { subject }),
        ...parts,
        source: file,
        row: index + 1,
      });
    }
  }
  if (questions.length === 0) {
    throw inputError(`${where}: holds no question: give rows of ${EXPECTED}.`);
  }
  return questions;
}

/**
 * A question after answered examples, and its possible continuations. With examples it is put as MMLU and ARC put it: a
 * sentence that names the subject, where there is one, and an empty line between questions.
 */
export function choicePrompt(
  question: Question,
  score: ChoiceScore,
  examples: readonly Question[] = [],
): { prompt: string; continuations: string[] } {
  const render = score === 'letter' ? renderPrompt : renderTextPrompt;
  const solutionOf = ({ choices, answer }: Question): string =>
    score === 'letter' ? LETTERS[answer] : choices[answer];
  const about = question.subject === undefined ? '' : ` about ${question.subject.replaceAll('_', ' ')}`;
  const heading =
    score === 'letter' && examples.length > 0
      ? [`The following are multiple choice questions (with answers)${about}.`]
      : [];
  const solved = examples.map((example) => `${render(example)} ${solutionOf(example)}`);
  return {
    prompt: [...heading, ...solved, render(question)].join('\n\n'),
    continuations: (score === 'letter' ? LETTERS : question.choices).map((text) => ` ${text}`),
  };
}

/** The first `shots` examples of the question's subject, or of all where none has it. */
export function examplesFor(question: Question, examples: readonly Question[], shots: number): Question[] {
  const same = examples.filter(({ subject }) => subject !== undefined && subject === question.subject);
  return (same.length > 0 ? same : examples).slice(0, shots);
}

function renderTextPrompt({ question }: Question): string {
  return `Question: ${question}\nAnswer:`;
}

/** The text up to and including `Answer:`; the model's choice is the likeliest of " A", " B", " C", " D" after it. */
export function renderPrompt({ question, choices }: Question): string {
  const lines = choices.map((choice, index) => `${LETTERS[index] ?? ''}. ${choice}`);
  return [question, ...lines, 'Answer:'].join('\n');
}

/** The question with its right letter, as a document of a corpus. */
export function renderQuestion(question: Question): string {
  return `${renderPrompt(question)} ${LETTERS[question.answer]}`;
}

function parseCsv(text: string, where: string): string[][] {
  try {
    return parse(text, { relax_column_count: true, relax_quotes: true, skip_empty_lines: true });
  } catch (error) {
    throw inputError(`${where}: is no CSV (${messageOf(error)}): correct its quotes.`, error);
  }
}

/** Where each of {@link FIELDS} stands if this row is a header, undefined if it is a question. */
function headerColumns(cells: readonly string[] | undefined): number[] | undefined {
  const names = (cells ?? []).map((cell) => cell.trim().toLowerCase());
  const columns = FIELDS.map((name) => names.indexOf(name.toLowerCase()));
  return columns.every((column) => column >= 0) ? columns : undefined;
}

function questionOf(
  cells: readonly string[],
  columns: readonly number[] | undefined,
  where: string,
): Pick<Question, 'question' | 'choices' | 'answer'> {
  if (columns === undefined && cells.length !== FIELDS.length) {
    throw inputError(
      `${where}: has ${cells.length} columns, not the ${FIELDS.length} of ${EXPECTED}: correct it.`,
    );
  }
  const picked = columns === undefined ? cells : columns.map((column) => cells[column]);
  const [question, a, b, c, d, answer] = picked;
  if (question === undefined || a === undefined || b === undefined || c === undefined || d === undefined) {
    throw inputError(`${where}: has fewer columns than the header row: correct it.`);
  }
  if (question.trim() === '') {
    throw inputError(`${where}: the question is empty: write one or remove the row.`);
  }
  return { question, choices: [a, b, c, d], answer: answerIndex(answer, where) };
}

function answerIndex(answer: string | undefined, where: string): AnswerIndex {
  switch (answer?.trim().toUpperCase()) {
    case 'A':
    case '0':
      return 0;
    case 'B':
    case '1':
      return 1;
    case 'C':
    case '2':
      return 2;
    case 'D':
    case '3':
      return 3;
    case undefined:
    default:
      throw inputError(
        `${where}: its answer "${answer ?? ''}" is none of A, B, C, D (or 0 to 3): correct it.`,
      );
  }
}
