// Copies what `adept setup` needs of the npm packages to out/native-src, so that a packaged extension, which has no
// node_modules, can provide the native engine too: the binding's sources, the Node-API headers, and the package's own
// install script with the packages that it requires. Beside them the project's own kernels.
import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** What @tensorflow/tfjs-node-gpu/scripts/install.js requires, and the command that it calls. */
const installerNeeds = ['@mapbox/node-pre-gyp', 'adm-zip', 'https-proxy-agent', 'progress', 'rimraf', 'tar'];

/** The folder of a package as Node.js resolves it from `from`. */
function packageFolder(from, name) {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) {
      return candidate;
    }
    if (folder === dirname(folder)) {
      throw new Error(`The package ${name} is missing: run "npm install".`);
    }
  }
}

function manifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** The folders of the named packages and of everything that they depend on. */
function closure(from, names, found = new Set()) {
  for (const name of names) {
    const folder = packageFolder(from, name);
    if (!found.has(folder)) {
      found.add(folder);
      const { dependencies = {} } = manifest(folder);
      closure(folder, Object.keys(dependencies), found);
    }
  }
  return found;
}

const needless = /\.(map|md|markdown|ts|flow)$|^(test|tests|docs|example|examples|\.github)$/;

/** The kernels are few and change more often than the packages. */
function copyKernels(root, folder) {
  const kernels = join(folder, 'kernels');
  rmSync(kernels, { recursive: true, force: true });
  cpSync(join(root, 'src/trainer/tfjs/kernels'), kernels, { recursive: true });
}

/** Writes out/native-src, unless it is there and of the same versions: a setup may be reading it. */
export function copyNativeSources(root, out) {
  const target = join(out, 'native-src');
  copyKernels(root, target);
  const tfjs = packageFolder(root, '@tensorflow/tfjs-node-gpu');
  const headers = packageFolder(root, 'node-api-headers');
  const packages = [...closure(tfjs, installerNeeds)];
  const stamp = JSON.stringify([tfjs, headers, ...packages].map((folder) => manifest(folder).version));
  const stampFile = join(target, 'versions.json');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
    return;
  }
  const staging = `${target}.new`;
  rmSync(staging, { recursive: true, force: true });
  for (const name of ['package.json', 'binding', 'scripts']) {
    cpSync(join(tfjs, name), join(staging, 'package', name), { recursive: true });
  }
  cpSync(join(headers, 'include'), join(staging, 'node-api-headers'), { recursive: true });
  const modules = join(root, 'node_modules');
  for (const folder of packages) {
    cpSync(folder, join(staging, 'modules', relative(modules, folder)), {
      recursive: true,
      filter: (path) => {
        const parts = relative(folder, path).split(sep);
        // Nested packages are in the closure themselves, where they are needed.
        return !parts.includes('node_modules') && !parts.some((part) => needless.test(part));
      },
    });
  }
  writeFileSync(join(staging, 'versions.json'), stamp);
  copyKernels(root, staging);
  rmSync(target, { recursive: true, force: true });
  renameSync(staging, target);
}
