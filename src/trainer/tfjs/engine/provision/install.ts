import { existsSync, readFileSync } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { messageOf } from '../../../../shared/common/errors';
import { nativeHome } from './home';

export type NativeVariant = 'cpu' | 'gpu';
export type NativeRoute = 'prebuilt' | 'wheel';

/** A native engine that is complete and was seen computing. */
export interface NativeInstall {
  readonly folder: string;
  /** The path of tfjs_binding.node. */
  readonly binding: string;
  /** The package's own prebuilt binding, or one compiled against the TensorFlow wheel. */
  readonly route: NativeRoute;
  /** The version of libtensorflow, as the loaded library gives it. */
  readonly libtensorflow: string;
  readonly variant: NativeVariant;
  /** ISO 8601. */
  readonly installedAt: string;
}

const relativePath = v.pipe(
  v.string(),
  v.check((path) => !path.startsWith('/') && !/^[A-Za-z]:/.test(path), 'must be a relative path'),
  v.check((path) => !path.split(/[\\/]/).includes('..'), 'must stay inside its folder'),
  v.nonEmpty(),
);

// Paths are relative, so that the home can be moved as a whole.
const installSchema = v.object({
  format: v.literal('adept.native/1'),
  folder: relativePath,
  binding: relativePath,
  route: v.picklist(['prebuilt', 'wheel']),
  libtensorflow: v.pipe(v.string(), v.nonEmpty()),
  variant: v.picklist(['cpu', 'gpu']),
  platform: v.string(),
  arch: v.string(),
  installedAt: v.pipe(v.string(), v.isoTimestamp()),
});
type InstallFile = v.InferOutput<typeof installSchema>;

export interface NativeInspection {
  readonly install?: NativeInstall;
  /** Why what is there cannot be used, and what to do; absent when nothing is there. */
  readonly problem?: string;
}

/** The installed native engine, or undefined when there is none that can be used; {@link inspectNativeInstall} says why. */
export function findNativeInstall(home: string = nativeHome()): NativeInstall | undefined {
  return inspectNativeInstall(home).install;
}

/** What `install.json` of the native home says; never throws, since a broken file must not stop `--engine auto`. */
export function inspectNativeInstall(home: string = nativeHome()): NativeInspection {
  const path = join(home, 'install.json');
  if (!existsSync(path)) {
    return {};
  }
  const again = 'run "adept setup" again';
  try {
    const parsed = v.safeParse(installSchema, JSON.parse(readFileSync(path, 'utf8')));
    if (!parsed.success) {
      const [issue] = parsed.issues;
      return { problem: `${path}, field ${v.getDotPath(issue) ?? 'format'}: ${issue.message}; ${again}.` };
    }
    return checked(home, path, parsed.output, again);
  } catch (error) {
    return { problem: `${path} cannot be read (${messageOf(error)}); ${again}.` };
  }
}

function checked(home: string, path: string, file: InstallFile, again: string): NativeInspection {
  if (file.platform !== process.platform || file.arch !== process.arch) {
    return {
      problem: `${path}: the native engine was made for ${file.platform} ${file.arch}, and this is ${process.platform} ${process.arch}; ${again} on this machine.`,
    };
  }
  const folder = join(home, file.folder);
  const binding = join(folder, file.binding);
  if (!existsSync(binding)) {
    return { problem: `${path}, field binding: ${binding} does not exist; ${again}.` };
  }
  const { route, libtensorflow, variant, installedAt } = file;
  return { install: { folder, binding, route, libtensorflow, variant, installedAt } };
}

/**
 * Makes a complete, verified engine the installed one: renames its staging folder to its final name, then replaces
 * install.json by one rename. A kill between the two leaves what was installed before in force.
 */
export async function commitInstall(
  home: string,
  staged: { folder: string; binding: string } & Pick<NativeInstall, 'route' | 'libtensorflow' | 'variant'>,
): Promise<NativeInstall> {
  const installedAt = new Date().toISOString();
  const name = `libtensorflow-${staged.libtensorflow}-${staged.variant}-${installedAt.replace(/\D/g, '')}`;
  await rename(staged.folder, join(home, name));
  const { binding, route, libtensorflow, variant } = staged;
  const file: InstallFile = {
    format: 'adept.native/1',
    folder: name,
    binding,
    route,
    libtensorflow,
    variant,
    platform: process.platform,
    arch: process.arch,
    installedAt,
  };
  const temporary = join(home, `.install-${String(process.pid)}.json`);
  const handle = await open(temporary, 'w');
  try {
    await handle.writeFile(`${JSON.stringify(file, undefined, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, join(home, 'install.json'));
  const folder = join(home, name);
  return { folder, binding: join(folder, binding), route, libtensorflow, variant, installedAt };
}

const ownNames = /^(\.staging-\d+|\.install-\d+\.json|libtensorflow-.+-(cpu|gpu)-\d+)$/;

/**
 * Removes what an interrupted or replaced setup left in the home: staging folders and engines that install.json does
 * not name. Only to be called by the owner of the lock. Returns the names of what it removed.
 */
export async function removeLeftovers(home: string): Promise<string[]> {
  const current = findNativeInstall(home)?.folder;
  const removed: string[] = [];
  for (const name of await readdir(home)) {
    if (!ownNames.test(name) || join(home, name) === current) {
      continue;
    }
    try {
      await rm(join(home, name), { recursive: true, force: true, maxRetries: 3 });
      removed.push(name);
    } catch {
      // Windows keeps a library that a running process has loaded; the next setup tries again.
    }
  }
  return removed;
}
