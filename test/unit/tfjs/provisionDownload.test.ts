import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { downloadWheels } from '../../../src/trainer/tfjs/engine/provision/download';
import type { ProvisionProgress } from '../../../src/trainer/tfjs/engine/provision/progress';
import { wheelsOf } from '../../../src/trainer/tfjs/engine/provision/wheels';
import {
  fakeHost,
  testWheel,
  wheelBytes,
  withFolder,
  workingTools,
  type Tool,
} from '../../support/provisionHost';

interface Outcome {
  readonly lines: ProvisionProgress[];
  readonly commands: string[];
  readonly path: string;
}

async function download(home: string, python3: Tool | undefined, before?: Buffer): Promise<Outcome> {
  const host = fakeHost(home, python3 === undefined ? {} : { python3 });
  const downloads = join(home, 'downloads');
  const path = join(downloads, testWheel.file);
  mkdirSync(downloads, { recursive: true });
  if (before !== undefined) {
    writeFileSync(path, before);
  }
  const lines: ProvisionProgress[] = [];
  await downloadWheels(host, [testWheel], {
    pip: ['python3', '-m', 'pip'],
    downloads,
    temporary: join(home, 'tmp'),
    onProgress: (line) => lines.push(line),
  });
  return { lines, commands: host.commands, path };
}

describe('the download of a wheel', () => {
  it('asks pip for the pinned file with its checksum, whatever Python runs here', () =>
    withFolder(async (home) => {
      let requirements = '';
      let seen: readonly string[] = [];
      const python3: Tool = (args, options) => {
        seen = args;
        requirements = readFileSync(args[args.indexOf('-r') + 1] ?? '', 'utf8');
        assert.equal(options.env?.TMPDIR, join(home, 'tmp'));
        return workingTools().python3?.(args, options) ?? {};
      };
      const { lines, path } = await download(home, python3);
      assert.equal(requirements, `tensorflow-cpu==2.21.0 --hash=sha256:${testWheel.sha256}\n`);
      for (const words of [
        '-m pip download --no-deps --only-binary=:all:',
        '--python-version 3.11',
        '--require-hashes',
        '--platform manylinux_2_27_x86_64',
      ]) {
        assert.ok(seen.join(' ').includes(words), words);
      }
      assert.deepEqual(readFileSync(path), wheelBytes);
      assert.deepEqual(
        lines.map(({ fraction }) => fraction),
        [0, 1],
      );
      assert.match(lines.at(-1)?.message ?? '', /tensorflow_cpu-2\.21\.0\.whl .*checksum verified/);
    }));

  it('that brings other bytes is an error that names the file and both checksums, and leaves nothing', () =>
    withFolder(async (home) => {
      const python3: Tool = (args) => {
        writeFileSync(join(args[args.indexOf('-d') + 1] ?? '', testWheel.file), 'other bytes');
        return {};
      };
      await assert.rejects(download(home, python3), (error: Error) => {
        assert.match(
          error.message,
          /downloads.tensorflow_cpu-2\.21\.0\.whl is not the file that was published/,
        );
        assert.ok(error.message.includes(testWheel.sha256));
        assert.match(error.message, /its SHA-256 is [0-9a-f]{64} and should be/);
        return true;
      });
      assert.equal(existsSync(join(home, 'downloads', testWheel.file)), false);
    }));

  it('whose checksum pip refuses is the same error', () =>
    withFolder(async (home) => {
      const got = 'ab'.repeat(32);
      const python3: Tool = () => ({
        status: 1,
        stderr: `ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n    tensorflow-cpu==2.21.0:\n        Expected sha256 ${testWheel.sha256}\n             Got        ${got}\n`,
      });
      await assert.rejects(download(home, python3), (error: Error) => {
        assert.ok(
          error.message.startsWith(
            `${testWheel.file} is not the file that was published: its SHA-256 is ${got}`,
          ),
        );
        return true;
      });
    }));

  it('that fails gives the first reason that pip names', () =>
    withFolder(async (home) => {
      const python3: Tool = () => ({
        status: 1,
        stderr:
          "WARNING: Retrying after connection broken by 'NewConnectionError(...)'\nERROR: Could not find a version that satisfies the requirement tensorflow-cpu==2.21.0 (from versions: none)\nERROR: No matching distribution found\n",
      });
      await assert.rejects(
        download(home, python3),
        /pip could not download tensorflow_cpu-2\.21\.0\.whl \(Could not find a version .* none\)\): check the network/,
      );
    }));

  it('is not repeated for a file that is there, and is for one that was cut short', () =>
    withFolder(async (home) => {
      const complete = await download(home, undefined, wheelBytes);
      assert.deepEqual(complete.commands, []);
      assert.match(complete.lines[0]?.message ?? '', /already here, checksum verified/);
      const cut = await download(home, workingTools().python3, wheelBytes.subarray(0, 5));
      assert.deepEqual(cut.commands, ['python3']);
      assert.deepEqual(readFileSync(cut.path), wheelBytes);
    }));
});

describe('the pinned wheels', () => {
  it('are one for the processor, and TensorFlow with CUDA and cuDNN for GPUs, each with a checksum', () => {
    assert.deepEqual(
      wheelsOf('cpu').map(({ project }) => project),
      ['tensorflow-cpu'],
    );
    const gpu = wheelsOf('gpu');
    assert.equal(gpu.filter(({ project }) => project === 'tensorflow').length, 1);
    for (const library of ['cublas', 'cuda-runtime', 'cudnn', 'cufft', 'cusolver', 'cusparse']) {
      assert.ok(
        gpu.some(({ project }) => project === `nvidia-${library}-cu12`),
        library,
      );
    }
    for (const { file, sha256, project, version } of [...wheelsOf('cpu'), ...gpu]) {
      assert.match(sha256, /^[0-9a-f]{64}$/);
      assert.ok(file.startsWith(`${project.replaceAll('-', '_')}-${version}-`), file);
    }
  });
});
