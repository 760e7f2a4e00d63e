// Writes the JSON schema of *.adept.json, derived from the schema that the program itself parses these files with.
import { build } from 'esbuild';
import { writeFileSync } from 'node:fs';

/**
 * @param {string} root the clone
 * @param {string} file to write
 */
export async function writeRunConfigSchema(root, file) {
  const bundled = await build({
    entryPoints: ['src/shared/config/runConfigSchema.ts'],
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    logLevel: 'warning',
  });
  const [{ text }] = bundled.outputFiles;
  const { editorSchema } = await import(
    `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`
  );
  writeFileSync(file, `${JSON.stringify(editorSchema(), null, 2)}\n`);
}
