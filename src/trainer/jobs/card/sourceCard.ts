import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { HUB_NAME, hubNameOf, lastPart } from '../../../shared/model/hubName';
import { readError } from '../../../node/files/fileError';
import { readJson } from '../../../node/files/jsonFile';
import { readFrontMatter } from './frontMatter';

/** What a model card says of the model that was continued. */
export interface SourceCard {
  /** What people call it: its name on the Hub, or its folder's. */
  readonly name: string;
  /** Whether that is its name on the Hub. */
  readonly onHub: boolean;
  /** The nearest model on the Hub that it is known to be or to come from; otherwise its folder's name. */
  readonly baseModel: string;
  readonly languages: readonly string[];
  /** `license`, `license_name` and `license_link`, as far as its README has them. */
  readonly license: ReadonlyMap<string, string>;
}

const LANGUAGE = /^(?:[a-z]{2,3}(?:-[A-Za-z0-9]+)*|multilingual|code)$/;
const LICENSE = /^[\w.+ -]{1,80}$/;
const LINK = /^(?:https?:\/\/[^\s<>"]+|[A-Za-z0-9][\w.-]*)$/;

/**
 * Reads what is known of a source model from its folder.
 * @param folders where it may lie: its own, and copies that took its README and config.json along; one at least
 * @throws AdeptError (input) when a README or config.json cannot be read
 */
export function readSourceCard(folders: readonly [string, ...string[]]): SourceCard {
  const [own] = folders;
  const readme = firstOf(folders, 'README.md');
  const metadata = readme === undefined ? new Map<string, string[]>() : readFrontMatter(readText(readme));
  const cached = hubNameOf(own, 'models');
  const folderName = lastPart(own);
  const origin = originOf(firstOf(folders, 'config.json'));
  const isOrigin = origin?.split('/').at(-1)?.toLowerCase() === folderName.toLowerCase();
  const hubName = cached ?? (isOrigin ? origin : undefined);
  const parent = metadata.get('base_model')?.find((name) => HUB_NAME.test(name));
  const license = ['license', 'license_name', 'license_link'].flatMap((key) => {
    const [value] = metadata.get(key) ?? [];
    const fits = value !== undefined && (key === 'license_link' ? LINK : LICENSE).test(value);
    return fits ? [[key, value] as const] : [];
  });
  return {
    name: hubName ?? folderName,
    onHub: hubName !== undefined,
    baseModel: hubName ?? origin ?? parent ?? folderName,
    languages: (metadata.get('language') ?? []).filter((language) => LANGUAGE.test(language)),
    license: new Map(license),
  };
}

/** What transformers noted of where a model was loaded from, where that is no path. */
function originOf(config: string | undefined): string | undefined {
  const found = v.safeParse(v.looseObject({ _name_or_path: v.string() }), config && readJson(config));
  const name = found.success ? found.output._name_or_path : '';
  return HUB_NAME.test(name) && !/\/checkpoint-\d+$/.test(name) ? name : undefined;
}

function firstOf(folders: readonly string[], name: string): string | undefined {
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw readError(file, 'a model card', error);
  }
}
