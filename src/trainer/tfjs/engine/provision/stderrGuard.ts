import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const guardName = 'stderr_guard.node';

/**
 * libtensorflow 2.21 logs two lines while the dynamic linker initialises it, before anything can set its log level.
 * Node.js cannot redirect a file descriptor, so this module of 30 lines is compiled beside the binding.
 */
export const guardSource = `#include <fcntl.h>
#include <unistd.h>
#include <node_api.h>

static int saved = -1;

static napi_value Redirect(napi_env env, napi_callback_info info) {
  size_t count = 1, length = 0;
  napi_value argument;
  char path[4096];
  if (saved >= 0 || napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr) != napi_ok || count < 1 ||
      napi_get_value_string_utf8(env, argument, path, sizeof path, &length) != napi_ok) {
    return nullptr;
  }
  const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    return nullptr;
  }
  saved = fcntl(2, F_DUPFD_CLOEXEC, 3);
  if (saved >= 0) {
    dup2(file, 2);
  }
  close(file);
  return nullptr;
}

static napi_value Restore(napi_env, napi_callback_info) {
  if (saved >= 0) {
    dup2(saved, 2);
    close(saved);
    saved = -1;
  }
  return nullptr;
}

static napi_value Init(napi_env env, napi_value exports) {
  napi_value function;
  if (napi_create_function(env, "redirect", NAPI_AUTO_LENGTH, Redirect, nullptr, &function) == napi_ok) {
    napi_set_named_property(env, exports, "redirect", function);
  }
  if (napi_create_function(env, "restore", NAPI_AUTO_LENGTH, Restore, nullptr, &function) == napi_ok) {
    napi_set_named_property(env, exports, "restore", function);
  }
  return exports;
}

NAPI_MODULE(stderr_guard, Init)
`;

/** Informative lines of the library's log, and its remark that such lines go to stderr. */
const noise = /^(I\d{4} |WARNING: All log messages before absl::InitializeLog\(\))/;

/**
 * Loads a binding; what the library writes to stderr meanwhile appears afterwards, less the informative lines unless
 * TF_CPP_MIN_LOG_LEVEL is 0. Without the compiled guard it just loads.
 */
export function loadQuietly(binding: string, load: () => void): void {
  const guard = join(dirname(binding), guardName);
  if (process.env.TF_CPP_MIN_LOG_LEVEL === '0' || !existsSync(guard)) {
    load();
    return;
  }
  const { redirect, restore } = loadGuard(guard);
  const folder = mkdtempSync(join(tmpdir(), 'adept-native-'));
  const log = join(folder, 'load.log');
  redirect(log);
  try {
    load();
  } finally {
    restore();
    const written = existsSync(log) ? readFileSync(log, 'utf8') : '';
    rmSync(folder, { recursive: true, force: true });
    process.stderr.write(withoutNoise(written));
  }
}

export function withoutNoise(log: string): string {
  return log
    .split(/(?<=\n)/)
    .filter((line) => !noise.test(line))
    .join('');
}

interface Guard {
  readonly redirect: (path: string) => void;
  readonly restore: () => void;
}

function loadGuard(path: string): Guard {
  const nothing = (): void => undefined;
  try {
    const exports: unknown = createRequire(__filename)(path);
    if (isGuard(exports)) {
      return exports;
    }
  } catch {
    // The log is then as loud as the library makes it.
  }
  return { redirect: nothing, restore: nothing };
}

function isGuard(exports: unknown): exports is Guard {
  return (
    typeof exports === 'object' &&
    exports !== null &&
    ['redirect', 'restore'].every((name) => typeof Reflect.get(exports, name) === 'function')
  );
}
