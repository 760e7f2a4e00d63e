import { type AdeptError, inputError, messageOf } from '../../shared/errors';
import { checkCorpusFile } from '../../node/corpusFile';
import { readQuestions, renderQuestion } from './questions';
import { readLines, readText } from './textFile';

/** A text still to be tokenised and packed, or token ids that are one sequence as they are. */
export type CorpusDocument =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'tokens'; readonly tokens: Int32Array };

/** What token ids have to fit. */
export interface TokenLimits {
  readonly vocabSize: number;
  readonly maxPositions?: number | undefined;
}

const FORMS =
  '{"text"}, {"question", "answer"}, {"instruction", "input" (optional), "output"} or {"tokens": [...]}';

/**
 * The documents of a corpus file, in order, read as they are asked for. Documents without any text are left out.
 * @param where names the file in errors
 * @throws AdeptError (input) that names the file and the row for whatever cannot be read.
 */
export function* readDocuments(file: string, limits: TokenLimits, where: string): Generator<CorpusDocument> {
  let found = false;
  for (const document of documentsOf(file, limits, where)) {
    if (document.kind === 'tokens' || document.text.trim() !== '') {
      found = true;
      yield document;
    }
  }
  if (!found) {
    throw inputError(`${where}: holds no document: name a corpus that holds text.`);
  }
}

function documentsOf(file: string, limits: TokenLimits, where: string): Iterable<CorpusDocument> {
  switch (checkCorpusFile(file, where)) {
    case '.txt':
      return plainDocuments(file, where);
    case '.jsonl':
      return jsonLineDocuments(file, limits, where);
    case '.json':
      return jsonDocuments(file, limits, where);
    case '.csv':
      return readQuestions(file, where).map((question) => ({ kind: 'text', text: renderQuestion(question) }));
  }
}

/** What stands between blank lines. */
function* plainDocuments(file: string, where: string): Generator<CorpusDocument> {
  let lines: string[] = [];
  for (const { text } of readLines(file, where)) {
    if (text.trim() !== '') {
      lines.push(text);
    } else if (lines.length > 0) {
      yield { kind: 'text', text: lines.join('\n') };
      lines = [];
    }
  }
  if (lines.length > 0) {
    yield { kind: 'text', text: lines.join('\n') };
  }
}

function* jsonLineDocuments(file: string, limits: TokenLimits, where: string): Generator<CorpusDocument> {
  for (const { text, number } of readLines(file, where)) {
    if (text.trim() !== '') {
      const row = parseJson(text, `${where}: row ${number}`, `write one object a line: ${FORMS}.`);
      yield documentOfRow(row, limits, `${where}: row ${number}`);
    }
  }
}

function* jsonDocuments(file: string, limits: TokenLimits, where: string): Generator<CorpusDocument> {
  const content = parseJson(
    readText(file, where),
    where,
    'correct it, or name it .jsonl if each line is one object.',
  );
  for (const [index, row] of rowsOf(content).entries()) {
    yield documentOfRow(row, limits, `${where}: row ${index + 1}`);
  }
}

/** An array of rows, {"data": [rows]}, or one row by itself. */
function rowsOf(content: unknown): unknown[] {
  if (Array.isArray(content)) {
    return content;
  }
  if (isObject(content) && Array.isArray(content.data)) {
    return content.data;
  }
  return [content];
}

function parseJson(text: string, where: string, whatToDo: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw inputError(`${where}: is no JSON (${messageOf(error)}): ${whatToDo}`, error);
  }
}

function documentOfRow(row: unknown, limits: TokenLimits, where: string): CorpusDocument {
  if (!isObject(row)) {
    throw inputError(`${where}: is no object: write ${FORMS}.`);
  }
  const has = (...keys: string[]): boolean => keys.every((key) => Object.hasOwn(row, key));
  const part = (key: string): string => textField(row, key, where);
  if (has('tokens')) {
    return { kind: 'tokens', tokens: tokenRow(row.tokens, limits, where) };
  }
  if (has('text')) {
    return { kind: 'text', text: part('text') };
  }
  if (has('question', 'answer')) {
    return { kind: 'text', text: `Question: ${part('question')}\nAnswer: ${part('answer')}` };
  }
  if (has('instruction', 'output')) {
    const input = row.input === undefined || row.input === null ? '' : part('input');
    const parts = [part('instruction'), input, part('output')];
    return { kind: 'text', text: parts.filter((text) => text.trim() !== '').join('\n') };
  }
  const keys = Object.keys(row).slice(0, 6).join(', ');
  throw inputError(`${where}: fits no known form (its keys: ${keys}): write ${FORMS}.`);
}

function textField(row: Record<string, unknown>, key: string, where: string): string {
  const value = row[key];
  if (typeof value !== 'string') {
    throw inputError(`${where}: "${key}" is no text: write it in quotes.`);
  }
  return value;
}

function tokenRow(tokens: unknown, { vocabSize, maxPositions }: TokenLimits, where: string): Int32Array {
  const problem = (what: string): AdeptError => inputError(`${where}: "tokens" ${what}.`);
  if (!Array.isArray(tokens)) {
    throw problem('is no list: write a list of token ids');
  }
  if (tokens.length < 2) {
    throw problem(`holds ${tokens.length} ids, and nothing can be predicted from that: give at least 2`);
  }
  if (maxPositions !== undefined && tokens.length > maxPositions) {
    throw problem(
      `holds ${tokens.length} ids, more than the model's ${maxPositions} positions: shorten the row`,
    );
  }
  return Int32Array.from(tokens, (id: unknown, index) => {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= vocabSize) {
      throw problem(
        `holds ${JSON.stringify(id)} at index ${index}, not an id from 0 to ${vocabSize - 1}: tokenise it for this model`,
      );
    }
    return id;
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
