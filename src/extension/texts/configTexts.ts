import { dirname, resolve } from 'node:path';
import { namedModel, readJsonWithComments } from '../../node/job/runConfigFile';
import { parseWith } from '../../shared/common/parse';
import { RunConfig } from '../../shared/config/runConfig';
import { pathsOf, replayTexts, textSettingsOf, type CorpusFiles } from '../../shared/texts/texts';
import type { PreviewSource } from '../../shared/webview/preview';
import type { TextKey } from './textKeys';

/** A text that a *.adept.json names. */
export interface ConfigText {
  readonly key: TextKey;
  readonly source: PreviewSource;
}

/**
 * The texts of a *.adept.json; files, folders and globs stay as they are named there, made absolute. A replay of several
 * texts is several.
 * @throws AdeptError (input) naming the file and the key that is not usable.
 */
export function configTexts(file: string): ConfigText[] {
  const config = parseWith(RunConfig, readJsonWithComments(file), file);
  const { probe, domain, replay = [], eval: evaluated, tune } = config;
  const named: [TextKey, CorpusFiles | undefined][] = [
    ['domain', domain],
    ['probe', probe],
    ...replayTexts(replay).map(({ corpus }): [TextKey, CorpusFiles] => ['replay', corpus]),
    ['eval.domain', evaluated.domain],
    ['eval.general', evaluated.general],
  ];
  const folder = dirname(resolve(file));
  return named.flatMap(([key, corpus]) =>
    corpus === undefined
      ? []
      : [
          {
            key,
            source: {
              model: namedModel(config.model, file),
              files: pathsOf(corpus).map((path) => resolve(folder, path)),
              text: textSettingsOf(corpus) ?? {},
              seqLen: tune.seqLen,
            },
          },
        ],
  );
}
