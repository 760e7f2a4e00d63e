import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { messageOf } from '../../shared/common/errors';
import { nativeHome } from './nativeHome';

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
/** install.json of the native home. */
export const NativeInstallFile = v.object({
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
export type NativeInstallFile = v.InferOutput<typeof NativeInstallFile>;

export interface NativeInspection {
  readonly install?: NativeInstall;
  /** Why what is there cannot be used, and what to do; absent when nothing is there. */
  readonly problem?: string;
}

/** The installed native engine, or undefined when there is none that can be used; {@link inspectNativeInstall} says why. */
export function findNativeInstall(home: string = nativeHome()): NativeInstall | undefined {
  return inspectNativeInstall(home).install;
}

/** The file that names the installed native engine. */
export function nativeInstallFile(home: string = nativeHome()): string {
  return join(home, 'install.json');
}

/** What `install.json` of the native home says; never throws, since a broken file must not stop `--engine auto`. */
export function inspectNativeInstall(home: string = nativeHome()): NativeInspection {
  const path = nativeInstallFile(home);
  if (!existsSync(path)) {
    return {};
  }
  const again = 'run "adept setup" again';
  try {
    const parsed = v.safeParse(NativeInstallFile, JSON.parse(readFileSync(path, 'utf8')));
    if (!parsed.success) {
      const [issue] = parsed.issues;
      return { problem: `${path}, field ${v.getDotPath(issue) ?? 'format'}: ${issue.message}; ${again}.` };
    }
    return checked(home, path, parsed.output, again);
  } catch (error) {
    return { problem: `${path} cannot be read (${messageOf(error)}); ${again}.` };
  }
}

function checked(home: string, path: string, file: NativeInstallFile, again: string): NativeInspection {
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
