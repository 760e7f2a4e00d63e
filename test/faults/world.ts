import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeRows } from '../support/tokenRows';
import { randomSequences, writeRandomModel } from '../parity/randomModel';
import { RECIPES } from '../parity/recipes';
import { adeptResult } from '../support/command';

/** Token ids below every small model's vocabulary. */
const IDS = RECIPES.llamaHalf.config.vocab_size;

/** What the tests of bad input start from; nothing in it is ever changed. */
export interface World {
  readonly folder: string;
  /** Two layers, one file, F16, with a tokenizer of the small letters. */
  readonly model: string;
  /** Four layers in three shards, BF16. */
  readonly sharded: string;
  /** Rows of 16 token ids. */
  readonly domain: string;
  readonly probe: string;
  readonly text: string;
}

/** The whole pipeline's results, for what comes after a model. */
export interface TunedWorld extends World {
  readonly importance: string;
  readonly expanded: string;
  /** Six steps, checkpoints at 2, 4 and 6. */
  readonly run: string;
}

export function makeWorld(folder: string): World {
  const at = (name: string): string => join(folder, name);
  const model = writeRandomModel(at('model'), 'llamaHalf');
  writeFileSync(join(model, 'tokenizer.json'), JSON.stringify(letters()));
  const rows = randomSequences(
    5,
    Array.from({ length: 24 }, () => 16),
    IDS,
  );
  const domain = writeRows(at('domain.jsonl'), rows.slice(0, 16));
  const probe = writeRows(at('probe.jsonl'), rows.slice(16));
  const text = at('text.txt');
  writeFileSync(text, `${'the quick brown fox jumps over the lazy dog '.repeat(8)}\n\nand once more\n`);
  return { folder, model, sharded: writeRandomModel(at('sharded'), 'qwen3'), domain, probe, text };
}

export async function makeTunedWorld(folder: string): Promise<TunedWorld> {
  const world = makeWorld(folder);
  const [importance, expanded, run] = ['importance.json', 'expanded', 'run'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const { model, probe, domain } = world;
  const wasm = ['--engine', 'wasm'];
  await adeptResult(['analyze', '--model', model, '--probe', probe, '--out', importance, ...wasm]);
  await adeptResult(['expand', '--model', model, '--out', expanded, '--layers', 0, ...wasm]);
  await adeptResult([
    ...['tune', '--model', expanded, '--domain', domain, '--probe', probe, '--out', run, ...wasm],
    ...['--steps', 6, '--lr', 1e-3, '--batch-size', 2, '--save-every', 2, '--update-every', 3],
  ]);
  return { ...world, importance, expanded, run };
}

/** A copy of a folder or file that a test may damage. */
export function copyOf(source: string, target: string): string {
  cpSync(source, target, { recursive: true });
  return target;
}

export function write(path: string, content: string | Uint8Array): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

type JsonObject = Record<string, unknown>;

/** Changes a JSON file; the keys that `change` gives as undefined are removed. */
export function editJson(file: string, change: (value: JsonObject) => JsonObject): void {
  const value = JSON.parse(readFileSync(file, 'utf8')) as JsonObject;
  writeFileSync(file, JSON.stringify({ ...value, ...change(value) }));
}

/** Changes entries of a safetensors file's header in place; its data stays where it is, behind the new header. */
export function editHeader(file: string, change: (header: JsonObject) => JsonObject): void {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as JsonObject;
  const json = Buffer.from(JSON.stringify({ ...header, ...change(header) }));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(file, Buffer.concat([prefix, json, bytes.subarray(8 + length)]));
}

/** A tokenizer of single characters, as Hugging Face writes one. */
export function letters(extra: Readonly<Record<string, number>> = {}): JsonObject {
  const characters = Array.from('abcdefghijklmnopqrstuvwxyz .?:0123456789ABCDQn\n');
  const vocab = Object.fromEntries(
    [...new Set(['<s>', '</s>', '<unk>', ...characters])].map((t, i) => [t, i]),
  );
  return {
    version: '1.0',
    added_tokens: ['<s>', '</s>', '<unk>'].map((content, id) => ({
      id,
      content,
      special: true,
      normalized: false,
      single_word: false,
      lstrip: false,
      rstrip: false,
    })),
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    model: { type: 'BPE', unk_token: '<unk>', vocab: { ...vocab, ...extra }, merges: [] },
  };
}
