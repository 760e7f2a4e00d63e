import { homedir } from 'node:os';
import { join } from 'node:path';

/** What `datasets` and `huggingface_hub` say where a dataset cannot be fetched. */
const UNREACHABLE =
  /Couldn't (?:reach|find)|OfflineModeIsEnabled|LocalEntryNotFoundError|is not cached in|ConnectionError/;
const NAMED =
  /(?:Couldn't reach|for dataset|Couldn't find) '([\w.-]+\/[\w.-]+|[\w.-]+)'|Dataset ([\w.-]+(?:\/[\w.-]+)?) is not cached/;

/**
 * What to do where the data of a task cannot be fetched, as a sentence: what is missing, and where its files have to be.
 * @param lines what the harness said
 * @returns undefined where something else went wrong
 */
export function missingDataText(
  lines: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const about = lines.filter((line) => UNREACHABLE.test(line));
  if (about.length === 0) {
    return undefined;
  }
  const [name] = about.flatMap((line) => {
    const [, first, second] = NAMED.exec(line) ?? [];
    return first ?? second ?? [];
  });
  if (name === undefined) {
    return `the data of a task cannot be fetched here (${about.at(-1)?.trim() ?? ''}). ${OR_LOCAL}`;
  }
  return (
    `the dataset ${name} cannot be fetched here. On a machine with a network run the same command, or load the dataset once with ` +
    `"datasets", and copy the folder ${folderName(name)} of its datasets cache to ${join(datasetsCache(env), folderName(name))}. ${OR_LOCAL}`
  );
}

const OR_LOCAL =
  'Or write a task file (.yaml) with "dataset_path: json" and "dataset_kwargs: {data_files: …}" that reads local files, and name its folder with --include.';

/** `openai/gsm8k` is `openai___gsm8k`, with words of the last part in snake case (datasets' `camelcase_to_snakecase`). */
function folderName(dataset: string): string {
  const parts = dataset.split('/');
  const last = (parts.pop() ?? '')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase();
  return [...parts, last].join('___');
}

/** @see https://huggingface.co/docs/datasets/cache */
function datasetsCache(env: NodeJS.ProcessEnv): string {
  const home = env.HF_HOME ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'huggingface');
  return env.HF_DATASETS_CACHE ?? join(home, 'datasets');
}
