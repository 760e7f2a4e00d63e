// Collects the texts that the extension and its webviews show, the calls l10n.t('…'), into the bundle that translators
// start from; translations (l10n/bundle.l10n.LOCALE.json) are put beside it.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

/** @param {string} folder @returns {string[]} every TypeScript file below, in any depth */
function sources(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path));
}

/**
 * The literal texts of a file's calls of l10n.t.
 * @param {string} file
 * @returns {string[]}
 */
function textsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const texts = [];
  const visit = (node) => {
    if (ts.isCallExpression(node) && /(^|\.)l10n\.t$/.test(node.expression.getText(source))) {
      const [text] = node.arguments;
      if (text === undefined || !ts.isStringLiteralLike(text)) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
        throw new Error(
          `${file}:${line + 1}: l10n.t needs a literal text, so that translators can be given it.`,
        );
      }
      texts.push(text.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return texts;
}

/**
 * @param {string} root the clone
 * @param {string} target the folder that package.json's "l10n" names
 */
export function writeL10n(root, target) {
  mkdirSync(target, { recursive: true });
  const texts = ['src/extension', 'src/shared', 'src/node', 'webview'].flatMap((folder) =>
    sources(join(root, folder)).flatMap(textsOf),
  );
  const bundle = Object.fromEntries([...new Set(texts)].sort().map((text) => [text, text]));
  writeFileSync(join(target, 'bundle.l10n.json'), `${JSON.stringify(bundle, null, 2)}\n`);
  const translations = join(root, 'l10n');
  if (existsSync(translations)) {
    cpSync(translations, target, {
      recursive: true,
      filter: (path) => relative(translations, path) === '' || path.endsWith('.json'),
    });
  }
}
