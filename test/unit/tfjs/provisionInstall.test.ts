import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { adoptNativeInstall } from '../../../src/node/engines/adoptNative';
import { nativeHome } from '../../../src/node/engines/nativeHome';
import { findNativeInstall, inspectNativeInstall } from '../../../src/node/engines/nativeInstall';
import { commitInstall, removeLeftovers } from '../../../src/trainer/tfjs/engine/provision/install';
import { withFolder } from '../../support/provisionHost';

async function commit(home: string, version: string): ReturnType<typeof commitInstall> {
  const folder = join(home, '.staging-1', 'engine');
  mkdirSync(join(folder, 'binding'), { recursive: true });
  writeFileSync(join(folder, 'binding', 'tfjs_binding.node'), version);
  return commitInstall(home, {
    folder,
    binding: join('binding', 'tfjs_binding.node'),
    route: 'wheel',
    libtensorflow: version,
    variant: 'cpu',
  });
}

describe('nativeHome', () => {
  it('is $ADEPT_HOME/native, or the data folder of the platform', () => {
    assert.equal(nativeHome({ ADEPT_HOME: '/a', XDG_DATA_HOME: '/x' }, 'linux'), join('/a', 'native'));
    assert.equal(nativeHome({ ADEPT_HOME: '', XDG_DATA_HOME: '/x' }, 'linux'), join('/x', 'adept', 'native'));
    assert.equal(nativeHome({}, 'linux'), join(homedir(), '.local', 'share', 'adept', 'native'));
    assert.equal(
      nativeHome({}, 'darwin'),
      join(homedir(), 'Library', 'Application Support', 'adept', 'native'),
    );
    assert.equal(nativeHome({ LOCALAPPDATA: '/l' }, 'win32'), join('/l', 'adept', 'native'));
  });
});

describe('install.json', () => {
  it('gives back what was committed, also after the home has moved', () =>
    withFolder(async (home) => {
      const first = join(home, 'first');
      mkdirSync(first);
      const install = await commit(first, '2.21.0');
      assert.deepEqual(findNativeInstall(first), install);
      assert.equal(readFileSync(install.binding, 'utf8'), '2.21.0');

      const second = join(home, 'second');
      renameSync(first, second);
      const moved = findNativeInstall(second);
      assert.equal(moved?.binding, install.binding.replace(first, second));
      assert.equal(moved.libtensorflow, '2.21.0');
    }));

  it('of another home is adopted by one that has none, and found there', () =>
    withFolder(async (folder) => {
      const [home, earlier] = [join(folder, 'home'), join(folder, 'earlier')];
      assert.equal(adoptNativeInstall(home, earlier), false);
      assert.ok(!existsSync(home));
      mkdirSync(earlier);
      const install = await commit(earlier, '2.21.0');
      assert.equal(adoptNativeInstall(home, earlier), true);
      const adopted = findNativeInstall(home);
      assert.equal(adopted?.installedAt, install.installedAt);
      assert.equal(readFileSync(adopted.binding, 'utf8'), '2.21.0');
      // What is installed here stays in force, and takes the link away, never what it leads to.
      const own = await commit(home, '2.22.0');
      assert.equal(adoptNativeInstall(home, earlier), false);
      assert.deepEqual(findNativeInstall(home), own);
      await removeLeftovers(home);
      assert.ok(!existsSync(adopted.folder));
      assert.deepEqual(findNativeInstall(earlier), install);
    }));

  it('is no problem where there is none', () =>
    withFolder((home) => {
      assert.deepEqual(inspectNativeInstall(home), {});
      assert.deepEqual(inspectNativeInstall(join(home, 'missing')), {});
    }));

  it('that is broken is a problem that names file and field, and not an exception', () =>
    withFolder(async (home) => {
      await commit(home, '2.21.0');
      const path = join(home, 'install.json');
      const good = readFileSync(path, 'utf8');
      const cases: [string, RegExp][] = [
        ['{ "format": ', /install\.json cannot be read \(.*JSON.*\); run "adept setup" again\./],
        ['', /install\.json cannot be read .*run "adept setup" again\./],
        ['[]', /install\.json, field format: .*run "adept setup" again\./],
        [good.replace('"wheel"', '"magic"'), /install\.json, field route: .*run "adept setup" again\./],
        [
          good.replace('"binding/', '"../binding/'),
          /install\.json, field binding: must stay inside its folder; run/,
        ],
        [
          good.replace(/"folder": "/, '"folder": "/etc/'),
          /install\.json, field folder: must be a relative path; run/,
        ],
        [
          good.replace('tfjs_binding.node', 'gone.node'),
          /field binding: .*gone\.node does not exist; run "adept setup" again\./,
        ],
        [
          good.replace(`"${process.arch}"`, '"s390x"'),
          /was made for \w+ s390x, and this is .* run "adept setup" again/,
        ],
      ];
      for (const [content, problem] of cases) {
        writeFileSync(path, content);
        const inspection = inspectNativeInstall(home);
        assert.equal(inspection.install, undefined, content);
        assert.match(inspection.problem ?? '', problem);
        assert.equal(findNativeInstall(home), undefined);
      }
    }));

  it('survives the cleaning, which removes every other engine and staging folder', () =>
    withFolder(async (home) => {
      const old = await commit(home, '2.20.0');
      const current = await commit(home, '2.21.0');
      mkdirSync(join(home, '.staging-4242', 'tmp'), { recursive: true });
      mkdirSync(join(home, 'something of the user'));
      const removed = await removeLeftovers(home);
      assert.deepEqual(
        removed.sort(),
        ['.staging-1', '.staging-4242', old.folder.slice(home.length + 1)].sort(),
      );
      assert.ok(existsSync(current.binding));
      assert.deepEqual(readdirSync(home).sort(), [
        'install.json',
        current.folder.slice(home.length + 1),
        'something of the user',
      ]);
    }));
});
