import type { ColumnMetaData, DecodedArray, SchemaTree } from 'hyparquet';
import { assembleNested } from 'hyparquet/src/assemble.js';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { chooseColumns } from './columnChoice';
import { type ParquetFile, columnInfo, openParquet, parquetError } from './parquetFile';
import { columnValues } from './parquetPages';
import type { ReadOptions, RowBlock } from './rowBlock';
import { RowCutter, plainValue } from './rowCutter';

/**
 * The rows of a parquet file, of its columns only those that make a document, page by page.
 * @throws AdeptError (input) that names the file, and the column where that is at fault.
 */
export async function* parquetBlocks(
  file: string,
  { textColumn }: ReadOptions,
  where: string,
): AsyncGenerator<RowBlock> {
  const parquet = await openParquet(file, where);
  try {
    const columns = parquet.schema.children.map(columnInfo);
    const trees = chooseColumns(columns, textColumn, where).map((path) => prunedTree(parquet.schema, path));
    const total = Math.max(1, Number(parquet.metadata.num_rows));
    const cutter = new RowCutter(where);
    let rows = 0;
    for (const group of parquet.metadata.row_groups) {
      const chunks = group.columns.flatMap(({ meta_data }) => meta_data ?? []);
      for await (const row of groupRows(parquet, trees, chunks, Number(group.num_rows))) {
        rows += 1;
        const block = cutter.add(row);
        if (block !== undefined) {
          yield { ...block, position: Math.round((parquet.bytes * rows) / total) };
        }
      }
    }
    const rest = cutter.rest();
    if (rest !== undefined) {
      yield { ...rest, position: parquet.bytes };
    }
  } catch (error) {
    throw parquetError(error, where);
  } finally {
    await parquet.close();
  }
}

/** The schema of one column: of the structs around a nested one, that alone. */
function prunedTree(tree: SchemaTree, path: readonly string[]): SchemaTree {
  const [name, ...rest] = path;
  const child = tree.children.find(({ element }) => element.name === name);
  if (child === undefined) {
    throw new Error(`it has no column ${path.join('.')}`);
  }
  return rest.length === 0 ? child : { ...child, children: [prunedTree(child, rest)] };
}

/** The rows of a row group, from as many values of each of its columns as there are of all of them. */
async function* groupRows(
  file: ParquetFile,
  trees: readonly SchemaTree[],
  chunks: readonly ColumnMetaData[],
  rows: number,
): AsyncGenerator<Record<string, unknown>> {
  const leaves = trees.flatMap(leavesOf).map((path) => {
    const chunk = chunks.find(({ path_in_schema: of }) => of.join('.') === path);
    if (chunk === undefined) {
      throw new Error(`a row group lacks the column ${path}`);
    }
    return { path, pages: columnValues(file, file.schema, chunk), values: new Array<unknown>() };
  });
  try {
    for (let done = 0; done < rows;) {
      for (const leaf of leaves) {
        while (leaf.values.length === 0) {
          const page = await leaf.pages.next();
          if (page.done === true) {
            throw new Error(`column ${leaf.path} ends after ${done} of ${rows} rows of its row group`);
          }
          leaf.values = page.value;
        }
      }
      const count = Math.min(rows - done, ...leaves.map(({ values }) => values.length));
      const parts = new Map(
        leaves.map(({ path, values }) => [path, values.splice(0, count) as DecodedArray]),
      );
      yield* assembledRows(trees, parts, count);
      done += count;
    }
  } finally {
    await Promise.all(leaves.map(({ pages }) => pages.return(undefined)));
  }
}

function* assembledRows(
  trees: readonly SchemaTree[],
  parts: Map<string, DecodedArray>,
  count: number,
): Generator<Record<string, unknown>> {
  const columns = trees.map((tree): [string, ArrayLike<unknown>] => {
    const path = tree.path.join('.');
    if (tree.children.length > 0) {
      assembleNested(parts, tree, DEFAULT_PARSERS);
    }
    return [tree.element.name, (parts.get(path) ?? []) as ArrayLike<unknown>];
  });
  for (let row = 0; row < count; row += 1) {
    yield Object.fromEntries(columns.map(([name, values]) => [name, plainValue(values[row])]));
  }
}

function leavesOf({ children, path }: SchemaTree): string[] {
  return children.length === 0 ? [path.join('.')] : children.flatMap(leavesOf);
}
