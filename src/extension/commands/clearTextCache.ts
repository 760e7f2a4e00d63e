import * as v from 'valibot';
import * as vscode from 'vscode';
import { workspaceFolders, storageFolder } from '../window/folders';
import type { Services } from '../services/services';
import { bytesText } from '../texts/bytesText';

const Kept = v.object({ folder: v.string(), bytes: v.number(), texts: v.array(v.unknown()) });
const Removed = v.object({ removed: v.number(), bytes: v.number(), inUse: v.number() });

/** Listing is quick; removing many large texts is not always. */
const LISTING_MILLISECONDS = 60_000;
const REMOVING_MILLISECONDS = 600_000;

/**
 * Removes the token IDs of all texts that were read before, once the person agrees.
 * @returns how many texts were removed; undefined where none was
 */
export async function run(services: Services): Promise<number | undefined> {
  const { l10n } = vscode;
  const kept = v.parse(Kept, await cache(services, [], LISTING_MILLISECONDS));
  if (kept.texts.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('The text cache is empty: {0}', kept.folder));
    return undefined;
  }
  const clear = l10n.t('Clear');
  const answer = await vscode.window.showWarningMessage(
    kept.texts.length === 1
      ? l10n.t('Clear the text cache of 1 text, {0}?', bytesText(kept.bytes))
      : l10n.t('Clear the text cache of {0} texts, {1}?', kept.texts.length, bytesText(kept.bytes)),
    {
      modal: true,
      detail: l10n.t(
        'The token IDs of texts are kept in {0}. Without them a text is read and tokenised again when it is next used. The texts themselves stay.',
        kept.folder,
      ),
    },
    clear,
  );
  if (answer !== clear) {
    return undefined;
  }
  const { removed, bytes, inUse } = v.parse(
    Removed,
    await cache(services, ['--clear'], REMOVING_MILLISECONDS),
  );
  void vscode.window.showInformationMessage(
    [
      removed === 1
        ? l10n.t('1 text was removed from the text cache, {0}.', bytesText(bytes))
        : l10n.t('{0} texts were removed from the text cache, {1}.', removed, bytesText(bytes)),
      ...(inUse === 0 ? [] : [l10n.t('Kept because it is being written: {0}.', inUse)]),
    ].join(' '),
  );
  return removed;
}

function cache(
  services: Services,
  options: readonly string[],
  milliseconds: number,
): Promise<Record<string, unknown>> {
  return services.jobs.quietly(
    {
      title: vscode.l10n.t('Clear Text Cache'),
      args: ['cache', '--json', ...options],
      cwd: workspaceFolders()[0]?.uri.fsPath ?? storageFolder(services.context),
      purpose: { kind: 'cache' },
    },
    milliseconds,
  );
}
