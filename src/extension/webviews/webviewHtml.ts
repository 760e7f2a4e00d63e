import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { PAGE_DATA_ID, type PageData } from '../../shared/webview/common';

export interface PageFiles {
  /** The folder of the bundles; the only one that the page may load from. */
  readonly folder: vscode.Uri;
  /** The bundle's name: NAME.js and NAME.css. */
  readonly name: string;
}

/** Text that may stand between tags or in a quoted attribute. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.codePointAt(0))};`);
}

/** JSON that cannot end the script element it stands in. */
function embeddedJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function contentSecurityPolicy(cspSource: string, nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource}`,
    `font-src ${cspSource}`,
    `img-src ${cspSource}`,
  ].join('; ');
}

/** The one HTML page of all webviews: it may run the named bundle and load from its folder, and nothing else. */
export function webviewHtml(
  webview: vscode.Webview,
  { folder, name }: PageFiles,
  title: string,
  source: unknown,
): string {
  const nonce = randomBytes(24).toString('base64');
  const uri = (file: string): string =>
    escapeHtml(webview.asWebviewUri(vscode.Uri.joinPath(folder, file)).toString());
  const data: PageData = { source, locale: vscode.env.language, strings: translations() };
  return `<!DOCTYPE html>
<html lang="${escapeHtml(vscode.env.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(contentSecurityPolicy(webview.cspSource, nonce))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${uri('codicon.css')}" id="vscode-codicon-stylesheet">
<link rel="stylesheet" href="${uri(`${name}.css`)}">
<script type="application/json" id="${PAGE_DATA_ID}">${embeddedJson(data)}</script>
<script nonce="${nonce}" src="${uri(`${name}.js`)}" defer></script>
</head>
<body></body>
</html>
`;
}

/** The plain strings of the loaded translation; a string with translator's comments has another key and stays English. */
function translations(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(vscode.l10n.bundle ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}
