import { parse } from 'csv-parse/sync';
import { extname } from 'node:path';
import * as v from 'valibot';
import { inputError, messageOf } from '../../../shared/common/errors';
import { readLines, readText } from './textFile';

/** A question with its answer, which a model is to say. */
export interface OpenQuestion {
  readonly question: string;
  readonly answer: string;
  /** File and row, for errors. */
  readonly where: string;
}

const Row = v.looseObject({
  question: v.pipe(v.string(), v.trim(), v.minLength(1)),
  answer: v.pipe(v.union([v.string(), v.pipe(v.number(), v.transform(String))]), v.trim(), v.minLength(1)),
});
const FORM = '{"question", "answer"}, as GSM8K has them';

/**
 * Reads questions and answers: JSON lines with "question" and "answer", or .csv with such columns.
 * @param field what to name in errors, for example `--data`
 * @throws AdeptError (input) that names the file and the row.
 */
export function loadOpenQuestions(files: readonly string[], field: string): OpenQuestion[] {
  return files.flatMap((file) => {
    const where = `${field} ${file}`;
    const questions = [...rowsOf(file, where)].map(([row, at]) => questionOf(row, at));
    if (questions.length === 0) {
      throw inputError(`${where}: holds no question: give rows of ${FORM}.`);
    }
    return questions;
  });
}

function* rowsOf(file: string, where: string): Generator<[row: unknown, where: string]> {
  switch (extname(file).toLowerCase()) {
    case '.jsonl':
      for (const { text, number } of readLines(file, where)) {
        if (text.trim() !== '') {
          yield [jsonOf(text, `${where}: row ${number}`), `${where}: row ${number}`];
        }
      }
      return;
    case '.csv':
      for (const [index, row] of csvRows(readText(file, where), where).entries()) {
        // The header is row 1.
        yield [row, `${where}: row ${index + 2}`];
      }
      return;
    default:
      throw inputError(
        `${where}: questions to answer come as .jsonl or .csv with "question" and "answer": name such a file.`,
      );
  }
}

function jsonOf(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw inputError(`${where}: is not JSON (${messageOf(error)}): write one question a line.`, error);
  }
}

function csvRows(text: string, where: string): unknown[] {
  try {
    return parse(text, { columns: true, bom: true, skip_empty_lines: true });
  } catch (error) {
    throw inputError(`${where}: is not CSV (${messageOf(error)}): correct it.`, error);
  }
}

function questionOf(row: unknown, where: string): OpenQuestion {
  const parsed = v.safeParse(Row, row);
  if (!parsed.success) {
    const name = v.getDotPath(parsed.issues[0]);
    throw inputError(
      `${where}: ${name === null ? 'is no object' : `"${name}" is missing, empty or no text`}: write ${FORM}.`,
    );
  }
  const { question, answer } = parsed.output;
  return { question, answer, where };
}
