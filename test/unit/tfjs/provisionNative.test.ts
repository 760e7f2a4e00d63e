import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  describeNative,
  loadNativeBinding,
  loadReason,
  threadCount,
} from '../../../src/trainer/tfjs/engine/nativeBinding';
import { thisHost } from '../../../src/trainer/tfjs/engine/provision/host';
import { inspectNativeInstall } from '../../../src/node/engines/nativeInstall';
import { packageSources } from '../../../src/trainer/tfjs/engine/provision/sources';
import { withoutNoise } from '../../../src/trainer/tfjs/engine/provision/stderrGuard';
import { verifyBinding } from '../../../src/trainer/tfjs/engine/provision/verify';
import { withFolder } from '../../support/provisionHost';

const { install, problem } = inspectNativeInstall();
const skip =
  install === undefined
    ? (problem ?? 'no native engine is installed here; "adept setup" installs one')
    : false;
if (skip !== false) {
  console.log(`skipped: ${skip}`);
}

interface Attribute {
  name: string;
  type: number;
  value: number | boolean;
}

/** The binding's method by the shape of its arguments; its own type asks for instances of a class that it does not export. */
interface Executor {
  executeOp(name: string, attributes: Attribute[], inputs: number[], outputCount: number): { id: number }[];
}

const attribute = (name: string, type: number, value: number | boolean): Attribute => ({ name, type, value });

describe('the installed native engine', { skip }, () => {
  it('loads, multiplies two matrices, and is described as what really computes', () => {
    assert.ok(install);
    const binding = loadNativeBinding(install);
    assert.equal(loadNativeBinding(install), binding);
    const matrix = (...values: number[]): number =>
      binding.createTensor([2, 2], binding.TF_FLOAT, Float32Array.from(values));
    const executor: Executor = binding;
    const [product] = executor.executeOp(
      'MatMul',
      [
        attribute('transpose_a', binding.TF_ATTR_BOOL, false),
        attribute('transpose_b', binding.TF_ATTR_BOOL, true),
        attribute('T', binding.TF_ATTR_TYPE, binding.TF_FLOAT),
      ],
      [matrix(1, 2, 3, 4), matrix(5, 6, 7, 8)],
      1,
    );
    assert.ok(product);
    assert.deepEqual([...binding.tensorDataSync(product.id)], [17, 23, 39, 53]);
    const description = describeNative(install, binding);
    assert.equal(description.library, `libtensorflow ${install.libtensorflow}`);
    assert.equal(description.device, binding.isUsingGpuDevice() ? 'GPU' : 'CPU');
    assert.ok(description.threads >= 1);
    const util: unknown = createRequire(__filename)('node:util');
    assert.ok(typeof util === 'object' && util !== null && 'isNullOrUndefined' in util && 'isArray' in util);
  });

  it('passes the check of setup in a process of its own', async () => {
    assert.ok(install);
    const { libtensorflow, device } = await verifyBinding(thisHost(), install.binding);
    assert.equal(libtensorflow, install.libtensorflow);
    assert.equal(device, install.variant === 'gpu' ? 'GPU' : 'CPU');
  });
});

describe('a binding that cannot be loaded', () => {
  it('is an error that says what to do', () =>
    withFolder((folder) => {
      const binding = join(folder, 'tfjs_binding.node');
      writeFileSync(binding, 'no library');
      assert.throws(
        () => loadNativeBinding({ binding }),
        (error: Error) => {
          assert.match(
            error.message,
            /tfjs_binding\.node cannot be loaded: .*; run "adept setup" again, or give --engine wasm\.$/,
          );
          assert.ok(error.cause instanceof Error);
          return true;
        },
      );
    }));

  it('fails the check of setup with the reason of the dynamic linker', () =>
    withFolder(async (folder) => {
      const binding = join(folder, 'tfjs_binding.node');
      writeFileSync(binding, 'no library');
      await assert.rejects(verifyBinding(thisHost(), binding), /tfjs_binding\.node does not load: .+/);
    }));

  it('gives its reason in words', () => {
    assert.equal(
      loadReason('libtensorflow_cc.so.2: cannot open shared object file: No such file or directory'),
      'the library libtensorflow_cc.so.2 is missing',
    );
    assert.equal(
      loadReason("/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.27' not found (required by /x.so)\nmore"),
      "it needs the GNU C library 2.27 or newer, and this system's is older",
    );
    assert.equal(loadReason('file too short'), 'file too short');
  });
});

describe('the threads of the native engine', () => {
  it('are those asked for, or the processors that the process may run on', () => {
    assert.equal(threadCount({ TF_NUM_INTRAOP_THREADS: '3' }, 'Cpus_allowed_list:\t0-7\n'), 3);
    assert.equal(threadCount({}, 'Name:\tnode\nCpus_allowed_list:\t0-2,5,8-9\nMems_allowed_list:\t0\n'), 6);
    assert.equal(threadCount({ TF_NUM_INTRAOP_THREADS: '0' }, 'Cpus_allowed_list:\t4\n'), 1);
    assert.ok(threadCount({}, '') >= 1);
  });
});

describe('the log of the library', () => {
  it('loses its informative lines only', () => {
    const error = 'E0000 00:00:1.2 3 cuda.cc:5] failed call to cuInit\n';
    const noise =
      'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\nI0000 00:00:1.2 3 port.cc:153] oneDNN custom operations are on.\n';
    assert.equal(withoutNoise(`${noise}${error}`), error);
    assert.equal(withoutNoise('half a line'), 'half a line');
  });
});

describe('the sources of the binding', () => {
  it('are found in node_modules, and beside the bundle first', () =>
    withFolder((folder) => {
      const found = packageSources();
      for (const file of ['binding/tfjs_backend.cc', 'scripts/install.js', 'package.json']) {
        assert.ok(existsSync(join(found.package, file)), file);
      }
      assert.ok(existsSync(join(found.napiHeaders, 'node_api.h')));
      assert.ok(existsSync(join(found.modules, '@mapbox', 'node-pre-gyp', 'package.json')));
      execFileSync(
        process.execPath,
        [
          '-e',
          'require("tar"); require("rimraf"); require("adm-zip"); require("progress"); require("https-proxy-agent")',
        ],
        {
          cwd: folder,
          env: { ...process.env, NODE_PATH: found.modules },
        },
      );
    }));
});
