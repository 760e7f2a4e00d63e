import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nvidiaDevice, parseDevice } from '../../../src/trainer/tfjs/engine/provision/gpu';
import { prebuiltObstacle } from '../../../src/trainer/tfjs/engine/provision/prebuilt';
import { requireSpace } from '../../../src/trainer/tfjs/engine/provision/space';
import { findWheelTools } from '../../../src/trainer/tfjs/engine/provision/tools';
import { wheelObstacle } from '../../../src/trainer/tfjs/engine/provision/wheel';
import { fakeHost, withFolder, workingTools, type Tool } from '../../support/provisionHost';

const works: Tool = () => ({});

describe('the tools of the wheel route', () => {
  it('that are missing are all named in one error, with what to do', () =>
    withFolder(async (home) => {
      await assert.rejects(findWheelTools(fakeHost(home, {}), home), (error: Error) => {
        assert.match(
          error.message,
          /lacks python3 \(.*apt install python3".*\) and pip .*python3-pip.* and .*C\+\+17 compiler/,
        );
        assert.match(error.message, /install them and run "adept setup" again$/);
        return true;
      });
    }));

  it('that are there are not named', () =>
    withFolder(async (home) => {
      const noPip: Tool = (args) => ({ status: args.includes('pip') ? 1 : 0 });
      await assert.rejects(
        findWheelTools(fakeHost(home, { python3: noPip, 'g++': works }), home),
        (error: Error) => {
          assert.match(error.message, /lacks pip of python3 .*: install it and/);
          assert.doesNotMatch(error.message, /compiler/);
          return true;
        },
      );
    }));

  it('are found under their other names', () =>
    withFolder(async (home) => {
      const noPip: Tool = (args) => ({ status: args.includes('pip') ? 1 : 0 });
      assert.deepEqual(
        await findWheelTools(fakeHost(home, { python: noPip, pip3: works, 'clang++': works }), home),
        {
          python: 'python',
          pip: ['pip3'],
          compiler: 'clang++',
        },
      );
      const host = fakeHost(home, { ...workingTools(), 'my-c++': works }, { env: { CXX: 'my-c++' } });
      assert.deepEqual(await findWheelTools(host, home), {
        python: 'python3',
        pip: ['python3', '-m', 'pip'],
        compiler: 'my-c++',
      });
    }));

  it('do not include a compiler that finds no standard library', () =>
    withFolder(async (home) => {
      const broken: Tool = (args) => ({ status: args.includes('-fsyntax-only') ? 1 : 0 });
      await assert.rejects(
        findWheelTools(fakeHost(home, { ...workingTools(), 'c++': broken }), home),
        /lacks a working C\+\+17 compiler/,
      );
    }));
});

describe('the disk space', () => {
  it('that is too small is an error with folder, free and needed bytes', () =>
    withFolder(async (home) => {
      const host = fakeHost(home, {}, { freeBytes: () => Promise.resolve(1_234_000_000) });
      await assert.rejects(requireSpace(host, '/some/folder', 'wheel', 'cpu'), (error: Error) => {
        assert.match(error.message, /^\/some\/folder has 1\.2 GB \(1234000000 bytes\) free/);
        assert.match(error.message, /needs 1\.5 GB \(1500000000 bytes\): free some space, or set ADEPT_HOME/);
        return true;
      });
      await requireSpace(
        { ...host, freeBytes: () => Promise.resolve(1.5e9) },
        '/some/folder',
        'wheel',
        'cpu',
      );
      await assert.rejects(
        requireSpace({ ...host, freeBytes: () => Promise.resolve(1.5e9) }, '/some/folder', 'wheel', 'gpu'),
        /needs 12\.0 GB/,
      );
    }));
});

describe('what serves which hardware', () => {
  it('is read from nvidia-smi', () => {
    assert.deepEqual(parseDevice('NVIDIA H100 80GB HBM3, 9.0, 550.54.15'), {
      name: 'NVIDIA H100 80GB HBM3',
      computeCapability: 9,
      driverMajor: 550,
    });
    assert.deepEqual(parseDevice('Tesla T4, [N/A], '), {
      name: 'Tesla T4',
      computeCapability: undefined,
      driverMajor: undefined,
    });
  });

  it('leaves out GPUs that CUDA_VISIBLE_DEVICES hides', () =>
    withFolder(async (home) => {
      const smi: Tool = () => ({ stdout: 'Tesla T4, 7.5, 550.54\n' });
      for (const [visible, name] of [
        [undefined, 'Tesla T4'],
        ['1,0', 'Tesla T4'],
        ['', undefined],
        ['-1', undefined],
      ] as const) {
        const host = fakeHost(home, { 'nvidia-smi': smi }, { env: { CUDA_VISIBLE_DEVICES: visible } });
        assert.equal((await nvidiaDevice(host))?.name, name);
      }
    }));

  it('keeps the prebuilt binding from GPUs that CUDA 11.2 does not know and from systems without CUDA 11.2', () =>
    withFolder(async (home) => {
      const cuda: Tool = () => ({ stdout: 'libcudart.so.11.0 => /x\nlibcudnn.so.8 => /y\n' });
      const host = fakeHost(home, { '/sbin/ldconfig': cuda });
      const hopper = { name: 'NVIDIA H100', computeCapability: 9 };
      const turing = { name: 'Tesla T4', computeCapability: 7.5 };
      assert.match(
        (await prebuiltObstacle(host, 'gpu', hopper)) ?? '',
        /NVIDIA H100, compute capability 9\.0/,
      );
      assert.equal(await prebuiltObstacle(host, 'gpu', turing), undefined);
      assert.equal(await prebuiltObstacle(host, 'cpu', hopper), undefined);
      assert.match(
        (await prebuiltObstacle(fakeHost(home, {}), 'gpu', turing)) ?? '',
        /CUDA 11\.2 and cuDNN 8\.1/,
      );
    }));

  it('keeps both routes from platforms that they do not serve', () =>
    withFolder(async (home) => {
      const mac = fakeHost(home, {}, { platform: 'darwin', arch: 'arm64' });
      assert.match(
        (await prebuiltObstacle(mac, 'cpu', undefined)) ?? '',
        /no binding is published for darwin arm64/,
      );
      assert.match(wheelObstacle(mac, 'cpu', undefined) ?? '', /Linux x64 and this is darwin arm64/);
      const windows = fakeHost(home, {}, { platform: 'win32' });
      assert.equal(await prebuiltObstacle(windows, 'cpu', undefined), undefined);
      const alpine = fakeHost(home, {}, { glibcVersion: () => undefined });
      assert.match(
        wheelObstacle(alpine, 'cpu', undefined) ?? '',
        /GNU C library 2\.27 .* has another C library/,
      );
      const centos = fakeHost(home, {}, { glibcVersion: () => '2.17' });
      assert.match(wheelObstacle(centos, 'cpu', undefined) ?? '', /has 2\.17/);
      const linux = fakeHost(home, {});
      assert.match(
        wheelObstacle(linux, 'gpu', { driverMajor: 470 }) ?? '',
        /525 or newer and this machine has 470/,
      );
      assert.equal(wheelObstacle(linux, 'gpu', { driverMajor: 550 }), undefined);
    }));
});
