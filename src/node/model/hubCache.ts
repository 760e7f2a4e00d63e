import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { inputError } from '../../shared/common/errors';

/** `org/name`, as the Hub calls a model. */
const MODEL_ID = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;
const COMMIT = /^[0-9a-f]{7,64}$/;
const ANY_WEIGHTS = /\.(safetensors|bin|gguf|pth|h5|msgpack)$/;
const MAIN = 'main';

/**
 * The folder of a model that a person named: a folder, or what lies in the local Hub cache of `org/name`. Nothing is downloaded.
 * A folder of that name wins.
 * @param label names option or key in errors
 * @param from where a relative path starts
 * @returns an absolute path; of the cache that of a snapshot, which stays as it is when the Hub has a newer one
 * @throws AdeptError (input) when `org/name` is neither, or its download is not whole; that a path leads nowhere is for whoever
 * reads it to say.
 */
export function modelFolderOf(named: string, label: string, from = process.cwd()): string {
  const folder = resolve(from, named);
  if (existsSync(folder)) {
    return isCached(folder) ? snapshotOf(folder, `${label}: ${named}`, idOf(folder)) : folder;
  }
  if (!MODEL_ID.test(named)) {
    return folder;
  }
  const cache = hubCache();
  const cached = join(cache, `models--${named.replace('/', '--')}`);
  if (!existsSync(cached)) {
    throw inputError(
      `${label}: ${named} is neither a folder nor a model in the Hub cache ${cache}: give the path of a Hugging Face model folder, or get the model with "hf download ${named}".`,
    );
  }
  return snapshotOf(cached, `${label}: ${named}`, named);
}

/** Where huggingface_hub keeps what it downloads, by the same variables. */
export function hubCache(environment: Readonly<NodeJS.ProcessEnv> = process.env): string {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = environment;
  const given = [HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE].find(isGiven);
  const home = isGiven(HF_HOME)
    ? HF_HOME
    : join(isGiven(XDG_CACHE_HOME) ? XDG_CACHE_HOME : '~/.cache', 'huggingface');
  const cache = given ?? join(home, 'hub');
  return resolve(cache.replace(/^~(?=$|[\\/])/, homedir()));
}

function isGiven(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

/** Whether a folder is the cache's own of one model, which has its files in snapshots. */
function isCached(folder: string): boolean {
  return !existsSync(join(folder, 'config.json')) && existsSync(join(folder, 'snapshots'));
}

function idOf(cached: string): string {
  return /models--(.+?)--(.+)$/.exec(cached)?.slice(1).join('/') ?? cached;
}

/** The snapshot that "main" stands for, or the only one that holds a model. */
function snapshotOf(cached: string, what: string, id: string): string {
  const snapshots = join(cached, 'snapshots');
  const main = mainOf(cached);
  const names = main === undefined ? namesIn(snapshots) : [main];
  const whole = names
    .map((name) => join(snapshots, name))
    .filter((folder) => missingOf(folder) === undefined);
  const [found, other] = whole;
  if (found === undefined) {
    const missing = missingOf(join(snapshots, names[0] ?? '')) ?? 'a snapshot';
    throw inputError(
      `${what}: the Hub cache ${cached} holds it without ${missing} (a part was downloaded, or the cache was pruned): "hf download ${id}" gets the rest.`,
    );
  }
  if (other !== undefined) {
    throw inputError(
      `${what}: the Hub cache ${cached} holds several revisions and none of them as "${MAIN}": give the path of one, such as ${found}, or run "hf download ${id}".`,
    );
  }
  return found;
}

function mainOf(cached: string): string | undefined {
  const file = join(cached, 'refs', MAIN);
  const commit = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  return COMMIT.test(commit) ? commit : undefined;
}

/** What a model cannot do without and a snapshot does not have; links that lead nowhere are not there. */
function missingOf(snapshot: string): string | undefined {
  if (!existsSync(join(snapshot, 'config.json'))) {
    return 'config.json';
  }
  const hasWeights = namesIn(snapshot).some(
    (name) => ANY_WEIGHTS.test(name) && existsSync(join(snapshot, name)),
  );
  return hasWeights ? undefined : 'weights';
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
