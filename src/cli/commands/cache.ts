import { basename } from 'node:path';
import type { Command } from 'commander';
import { clearTexts, keptTexts, type KeptText } from '../../node/texts/storedTexts';
import { textCacheFolder, textCacheLimit } from '../../node/texts/textCacheFolder';
import { jsonCommand, withOutput } from '../common/options';
import { table } from '../common/output';

export function cacheCommand(): Command {
  return jsonCommand('cache', 'list the corpus cache (stored token IDs), or empty it')
    .option('--clear', 'remove every stored text')
    .action(
      withOutput((output, raw) => {
        const folder = textCacheFolder();
        if (raw.clear === true) {
          const { texts, bytes, inUse } = clearTexts(folder);
          output.result(
            { folder, removed: texts, bytes, inUse },
            `${texts} stored texts (${megabytes(bytes)}) removed from ${folder}${inUse === 0 ? '' : `; ${inUse} are being written and stay`}`,
          );
          return;
        }
        const kept = keptTexts(folder);
        const bytes = kept.reduce((sum, text) => sum + text.bytes, 0);
        const limit = textCacheLimit();
        output.result(
          { folder, bytes, limit, texts: kept.map(describe) },
          `${list(kept)}${folder}: ${megabytes(bytes)} of at most ${megabytes(limit)}`,
        );
      }),
    );
}

function describe({ folder, text, bytes, usedAt }: KeptText): object {
  const { files, documents, rows, tokens, rowTokens, complete } = text;
  return {
    ...{ folder, files: files.map(({ path }) => path), complete, bytes },
    ...{ documents: documents + rows, tokens: tokens + rowTokens, usedAt: new Date(usedAt).toISOString() },
  };
}

function list(kept: readonly KeptText[]): string {
  const rows = kept.map(({ text: { files, documents, rows: ofIds, tokens, rowTokens, complete }, bytes }) => [
    files.length === 1 ? basename(files[0]?.path ?? '') : `${files.length} files`,
    String(documents + ofIds),
    String(tokens + rowTokens),
    megabytes(bytes),
    complete ? '' : 'a part',
  ]);
  return rows.length === 0 ? '' : `${table([['text', 'documents', 'tokens', 'size', ''], ...rows])}\n\n`;
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
