import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import type { RowOutcome } from '../../../src/trainer/data/reading/documentsOf';
import type { DocumentOptions } from '../../../src/trainer/data/reading/rowDocument';
import { blocksOf, expectReadError, outcomesOf, textsOf } from '../../support/reading';
import { temporaryFolder } from '../../support/temporaryFolder';

function fileOf(t: TestContext, name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(t), name);
  writeFileSync(path, content);
  return path;
}

describe('the documents of each form', () => {
  const QUESTION = 'Why?\nA. p\nB. q, r\nC. s\nD. t\nAnswer: C';
  const FORMS: [string, string, string | Uint8Array, string[], string?][] = [
    ['paragraphs', 'a.txt', 'one\ntwo\n\n\n \t\nthree\n', ['one\ntwo', 'three']],
    ['CRLF and a byte order mark', 'a.TXT', '\ufeffone\r\ntwo\r\n\r\nthree', ['one\ntwo', 'three']],
    ['a whole file', 'A.MD', '\ufeff# T\r\n\r\ntext\n', ['# T\n\ntext\n']],
    ['rows', 'a.JSONL', '{"text":"one\\n\\ntwo"}\n\n{"text":"three"}', ['one\n\ntwo', 'three']],
    ['rows with CRLF and a mark', 'a.ndjson', '\ufeff{"text":"é"}\r\n\r\n{"text":"b"}\r\n', ['é', 'b']],
    ['raw_content', 'a.jsonl', '{"raw_content":"a","meta":{"text":"b"}}', ['a']],
    ['a named column', 'a.jsonl', '{"text":"a","body":"b"}', ['b'], 'body'],
    ['a column within another', 'a.jsonl', '{"text":"a","b":{"c":"d"}}', ['d'], 'b.c'],
    ['a column with a dot', 'a.jsonl', '{"b.c":"e","b":{"c":"d"}}', ['e'], 'b.c'],
    ['questions', 'a.jsonl', '{"question":"1+1?","answer":"2"}', ['Question: 1+1?\nAnswer: 2']],
    ['instructions', 'a.jsonl', '{"instruction":"Add.","input":"1 1","output":"2"}', ['Add.\n1 1\n2']],
    ['instructions alone', 'a.jsonl', '{"instruction":"Hi.","input":null,"output":"hi"}', ['Hi.\nhi']],
    [
      'a list',
      'a.json',
      ' [{"text":"[1,]\\"}"},\n {"content":"two"} , {"text":"3"}]\n',
      ['[1,]"}', 'two', '3'],
    ],
    ['a list with a mark', 'a.json', '\ufeff[{"text":"one"}]', ['one']],
    ['an object with data', 'a.json', '{"v":1,"data":[{"text":"one"},{"text":"two"}]}', ['one', 'two']],
    ['one object over lines', 'a.json', '{\n "text":\n "one"\n}\n', ['one']],
    ['one object', 'a.json', '\ufeff\n{"text":"one"}\n', ['one']],
    ['lines called .json', 'a.json', '\n{"text":"one"}\n{"text":NaN}\n{"text":"two"}', ['one', 'two']],
    ['a table', 'a.csv', '\ufeffid,text\r\n1,"a ""b"",\nc"\r\n\r\n2,d\r\n', ['a "b",\nc', 'd']],
    ['a table by tabs', 'a.tsv', 'content\tid\na, b\t1\n', ['a, b']],
    ['a named column of a table', 'a.csv', 'text,body\na,b\n', ['b'], 'body'],
    ['joined columns of a table', 'a.csv', 'prompt,completion\na ,b\n', ['a b']],
    ['multiple choice', 'a.csv', 'Why?,p,"q, r",s,t,C\n', [QUESTION]],
    ['multiple choice with a header', 'a.csv', 'answer,question,A,B,C,D\nC,Why?,p,"q, r",s,t\n', [QUESTION]],
    ['a text that looks like a mark', 'a.jsonl', '{"text":"a"}\n{"text":"\ufeffb"}', ['a', '\ufeffb']],
  ];
  for (const [what, name, content, expected, textColumn] of FORMS) {
    it(what, async (t) => {
      assert.deepEqual(await textsOf(fileOf(t, name, content), { textColumn }), expected);
    });
  }
});

describe('what becomes of a row', () => {
  const WHERE = 'a.jsonl: row 1';
  const tokens = (...ids: number[]): object => ({ kind: 'tokens', tokens: Int32Array.from(ids) });
  const bad = (message: string): object => ({ kind: 'bad', message: `${WHERE}: ${message}` });
  const ROWS: [string, string, object, Partial<DocumentOptions>?][] = [
    ['null', '{"text":null}', { kind: 'skipped', reason: 'null' }],
    ['NaN', '{"text":NaN}', { kind: 'skipped', reason: 'null' }],
    ['blank', '{"text":" \\n"}', { kind: 'skipped', reason: 'empty' }],
    ['no answer', '{"question":"a","answer":null}', { kind: 'skipped', reason: 'null' }],
    ['no turns', '{"messages":[]}', { kind: 'skipped', reason: 'empty' }],
    [
      'NaN in and beside a text',
      '{"text":"NaN, \\"-Infinity","s":[NaN,-Infinity,Infinity]}',
      { kind: 'text', text: 'NaN, "-Infinity' },
    ],
    ['a number of tokens', '{"text":"a","tokens":4,"input_ids":null}', { kind: 'text', text: 'a' }],
    ['ids', '{"input_ids":[5,6,7],"text":"a"}', tokens(5, 6, 7)],
    ['ids in a named column', '{"ids":[999,0]}', tokens(999, 0), { textColumn: 'ids' }],
    ['one id', '{"tokens":[5]}', { kind: 'skipped', reason: 'short' }],
    [
      'an id too large',
      '{"tokens":[1,1000]}',
      bad('"tokens" holds 1000 at index 1, not an id from 0 to 999: tokenise it for this model.'),
    ],
    [
      'too many ids',
      '{"tokens":[1,2,3]}',
      bad(`"tokens" holds 3 ids, more than the model's 2 positions: shorten the row.`),
      { limits: { vocabSize: 9, maxPositions: 2 } },
    ],
    ['ids that are text', '{"tokens":"1 2"}', bad('"tokens" is not a list: write a list of token ids.')],
    ['a number', '{"text":5}', bad('"text" is not a string: write it in quotes.')],
    [
      'nobody speaks',
      '{"messages":[{"content":"a"}]}',
      bad('"messages[0]" does not say who speaks: write {"role", "content"} or {"from", "value"}.'),
    ],
    [
      'roles in conversations',
      '{"conversations":[{"role":"user","content":"a"},{"from":"gpt","value":"b"}]}',
      { kind: 'text', text: 'a\n\nb', chat: true },
    ],
    [
      'turns to complete',
      '{"prompt":[{"role":"user","content":"a"}],"completion":[{"role":"assistant","content":"b"}]}',
      { kind: 'text', text: 'a\n\nb', chat: true },
    ],
    [
      'parts of a content',
      '{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image"}]}]}',
      { kind: 'text', text: 'a', chat: true },
    ],
  ];
  for (const [what, row, expected, options] of ROWS) {
    it(what, async (t) => {
      const outcomes = await outcomesOf(fileOf(t, 'a.jsonl', row), options);
      assert.deepEqual(outcomes, [{ row: 1, ...expected }]);
    });
  }

  it('bad rows name themselves and leave the others', async (t) => {
    const content = Buffer.concat([
      Buffer.from('{"text":"a"}\n\n{"text":\n["b"]\n{"title":"a","body":"b"}\n'),
      Buffer.from('{"text":"\xff"}\n', 'latin1'),
      Buffer.from('{"conversations":[{"from":"narrator","value":"a"}]}\n{"text":"z"}'),
    ]);
    const outcomes = await outcomesOf(fileOf(t, 'a.jsonl', content));
    const messages = outcomes.map((outcome) => (outcome.kind === 'bad' ? outcome.message : outcome.kind));
    const says = [
      'text',
      'row 3: is not JSON',
      'row 4: is not an object',
      'row 5: fits no known form (its keys: title, body)',
      'line 6: byte 63 of the file is not UTF-8',
      'row 7: "conversations[0]" is from "narrator"',
      'text',
    ];
    assert.equal(messages.length, says.length);
    for (const [index, part] of says.entries()) {
      assert.ok(messages[index]?.includes(part), `"${messages[index] ?? ''}" does not hold "${part}"`);
    }
    assert.deepEqual(
      outcomes.map(({ row }) => row),
      [1, 3, 4, 5, 6, 7, 8],
    );
  });

  it('rows of a table are numbered with the header', async (t) => {
    const outcomes = await outcomesOf(fileOf(t, 'a.csv', 'id,text\n1\n2,b\n3,c,d\n'));
    const expected: RowOutcome[] = [
      { row: 2, kind: 'skipped', reason: 'null' },
      { row: 3, kind: 'text', text: 'b' },
      {
        row: 4,
        kind: 'bad',
        message:
          'a.csv: row 4: has 3 columns, the header row 2: put cells that hold the delimiter in quotes.',
      },
    ];
    assert.deepEqual(outcomes, expected);
  });
});

describe('blocks', () => {
  it('hold about a mebibyte of whole lines, whatever pieces they come in', async (t) => {
    const lines = Array.from({ length: 30 }, (_, index) =>
      JSON.stringify({ text: `${index} ${'é'.repeat(50_000)}` }),
    );
    const file = fileOf(t, 'a.jsonl', lines.join('\r\n'));
    const blocks = await blocksOf(file);
    assert.deepEqual(
      blocks.map(({ firstRow }) => firstRow),
      [1, 11, 21],
    );
    assert.deepEqual(
      await textsOf(file),
      lines.map((_, index) => `${index} ${'é'.repeat(50_000)}`),
    );
    assert.equal(blocks.at(-1)?.position, lines.join('\r\n').length + 30 * 50_000);
    for (const block of blocks) {
      assert.ok(block.kind === 'lines' && block.bytes.buffer.byteLength === block.bytes.length);
    }
  });

  it('are no shorter than a line, and rows of lists are cut as well', async (t) => {
    const long = 'x'.repeat(3_000_000);
    const rows = [{ text: 'a' }, { text: long }, { text: 'b' }];
    const lines = await blocksOf(fileOf(t, 'a.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')));
    assert.deepEqual(
      lines.map(({ firstRow }) => firstRow),
      [1, 3],
    );
    const list = await blocksOf(fileOf(t, 'a.json', JSON.stringify(rows)));
    assert.deepEqual(
      list.map(({ firstRow }) => firstRow),
      [1, 3],
    );
    assert.deepEqual(await textsOf(fileOf(t, 'b.csv', `text\n${long}\n"${long}"\nb\n`)), [long, long, 'b']);
    assert.deepEqual(await textsOf(fileOf(t, 'c.txt', `${long}\n${long}\n\nb`)), [`${long}\n${long}`, 'b']);
  });
});

describe('a file that is not what its name says', () => {
  const FAULTS: [string, string, string | Uint8Array, string[], string?][] = [
    ['empty', 'a.txt', '', ['a.txt: the file is empty']],
    ['empty table', 'a.csv', '', ['the file is empty']],
    ['empty parquet', 'a.parquet', '', ['the file is empty']],
    ['of an unknown kind', 'a.docx', 'x', ['.jsonl', '.parquet', '".docx"']],
    ['packed, of an unknown kind', 'a.tar.gz', 'x', ['".tar.gz"']],
    ['not UTF-8', 'a.txt', Buffer.from('ab\ncd\xff\n', 'latin1'), ['line 2', 'byte 5', 'UTF-8']],
    [
      'a table not in UTF-8',
      'a.csv',
      Buffer.from('text\nä\ncd\xff\n', 'latin1'),
      ['line 2', 'byte 5', 'UTF-8'],
    ],
    [
      'a table cut in a character',
      'a.csv',
      Buffer.from('text\nc\xc3', 'latin1'),
      ['line 2', 'byte 6', 'UTF-8'],
    ],
    ['UTF-16', 'a.csv', Buffer.from('\ufefftext', 'utf16le'), ['line 1', 'byte 0', 'UTF-8']],
    ['a list cut short', 'a.json', '[{"text":"a"},', ['not JSON', '.jsonl']],
    ['a list with a broken row', 'a.json', '[{"text":"a"},{"text":}]', ['row 2', 'not JSON']],
    ['something after a list', 'a.json', '[{"text":"a"}]\n[1]', ['not JSON', 'follows']],
    ['a broken object', 'a.json', '{"text":', ['a.json: is not JSON']],
    ['a quote without end', 'a.csv', 'text\n"a\nb\n', ['not CSV', 'quotes']],
    ['a table without the column', 'a.csv', 'id,text\n1,a\n', ['"body"', 'id, text'], 'body'],
  ];
  for (const [what, name, content, parts, textColumn] of FAULTS) {
    it(what, async (t) => {
      await expectReadError(() => blocksOf(fileOf(t, name, content), textColumn), ...parts);
    });
  }

  it('missing, or a folder', async (t) => {
    const folder = temporaryFolder(t);
    await expectReadError(() => blocksOf(join(folder, 'no.jsonl')), 'no.jsonl', 'no such file');
    await expectReadError(() => blocksOf(join(folder, 'no.parquet')), 'no.parquet', 'no such file');
  });
});
