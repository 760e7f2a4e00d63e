// Writes the JSON schemas of *.adept.json and *.study.json, derived from the schemas that the program itself parses these files with.
import { build } from 'esbuild';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} root the clone
 * @param {string} folder that gets adept.schema.json and study.schema.json
 */
export async function writeSchemas(root, folder) {
  const bundled = await build({
    entryPoints: ['src/shared/contributions/editorSchemas.ts'],
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    logLevel: 'warning',
  });
  const [{ text }] = bundled.outputFiles;
  const { runConfigForEditor, studySchema } = await import(
    `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`
  );
  for (const [name, schema] of Object.entries({ adept: runConfigForEditor(), study: studySchema() })) {
    writeFileSync(join(folder, `${name}.schema.json`), `${JSON.stringify(schema, null, 2)}\n`);
  }
}
