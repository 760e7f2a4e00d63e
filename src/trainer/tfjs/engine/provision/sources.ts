import { besideBundle } from '../../../../node/files/besideBundle';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { failure, messageOf } from '../../../../shared/common/errors';

/** What the provisioning needs of the npm packages. */
export interface PackageSources {
  /** @tensorflow/tfjs-node-gpu: package.json, scripts/, binding/. */
  readonly package: string;
  /** The headers of the package node-api-headers. */
  readonly napiHeaders: string;
  /** The C++ sources of the fused kernels. */
  readonly kernels: string;
  /** The folder whose packages the install script requires; it goes into NODE_PATH. */
  readonly modules: string;
}

/**
 * Finds the sources: `native-src/` beside the bundle (scripts/nativeSources.mjs writes it; a packaged extension has
 * nothing else); in a clone, node_modules.
 */
export function packageSources(): PackageSources {
  const manifest = besideBundle('native-src', 'package', 'package.json');
  if (manifest === undefined) {
    return installedSources();
  }
  const shipped = dirname(dirname(manifest));
  return {
    package: join(shipped, 'package'),
    napiHeaders: join(shipped, 'node-api-headers'),
    kernels: join(shipped, 'kernels'),
    modules: join(shipped, 'modules'),
  };
}

function installedSources(): PackageSources {
  const { resolve } = createRequire(__filename);
  try {
    const packageFolder = dirname(resolve('@tensorflow/tfjs-node-gpu/package.json'));
    const modules = dirname(dirname(packageFolder));
    return {
      package: packageFolder,
      napiHeaders: join(dirname(resolve('node-api-headers/package.json')), 'include'),
      kernels: join(dirname(modules), 'src', 'trainer', 'tfjs', 'kernels'),
      modules,
    };
  } catch (error) {
    throw failure(
      `The sources of the native engine's binding are missing (${messageOf(error).split('\n')[0] ?? ''}): run "npm install" in the project's folder, or install the extension again.`,
      error,
    );
  }
}
