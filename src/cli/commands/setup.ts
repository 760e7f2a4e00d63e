import type { Command } from 'commander';
import { inputError } from '../../shared/common/errors';
import { openExecutor } from '../../trainer/openExecutor';
import { provisionNativeEngine } from '../../trainer/tfjs/engine/provision';
import { provisionTorch } from '../../trainer/torch/interpreter/provision';
import { jsonCommand, textOf, withOutput, type RawOptions } from '../common/options';
import type { Output } from '../common/output';

export function setupCommand(): Command {
  return jsonCommand('setup', 'install the native engine, or provide PyTorch')
    .option('--cpu', 'for the CPU')
    .option('--gpu', 'for an NVIDIA GPU')
    .option('--force', 'install again')
    .option('--torch', 'provide PyTorch for the engine torch')
    .option(
      '--python <PATH>',
      'with --torch: the Python that has PyTorch (default: of the active virtual environment, or one of its own)',
    )
    .option('--own', 'with --torch: in an environment of its own, which is made (several GB)')
    .action(
      withOutput(async (output, raw) => {
        requireFitting(raw);
        const abort = new AbortController();
        const cancel = (): void => {
          abort.abort();
        };
        process.once('SIGINT', cancel).once('SIGTERM', cancel);
        await (raw.torch === true
          ? setUpTorch(output, raw, abort.signal)
          : setUpNative(output, raw, abort.signal));
      }),
    );
}

function requireFitting(raw: RawOptions): void {
  if (raw.cpu === true && raw.gpu === true) {
    throw inputError('--cpu and --gpu: give one of them, or none to let the machine decide.');
  }
  const native = ['cpu', 'gpu', 'force'].find((name) => raw[name] === true);
  if (raw.torch === true && native !== undefined) {
    throw inputError(`--${native}: is of the native engine: give it without --torch.`);
  }
  if (raw.torch !== true && raw.python !== undefined) {
    throw inputError('--python: names the Python of PyTorch: give --torch as well.');
  }
  if (raw.torch !== true && raw.own === true) {
    throw inputError('--own: is about the environment of PyTorch: give --torch as well.');
  }
  if (raw.python !== undefined && raw.own === true) {
    throw inputError('--own: makes a Python of its own, and --python names another: give one of them.');
  }
}

async function setUpNative(output: Output, raw: RawOptions, signal: AbortSignal): Promise<void> {
  const install = await provisionNativeEngine({
    ...(raw.cpu === true ? { variant: 'cpu' as const } : raw.gpu === true ? { variant: 'gpu' as const } : {}),
    force: raw.force === true,
    signal,
    onProgress: ({ step, message, fraction }) => {
      output.log(`${step}: ${message}${fraction === undefined ? '' : ` (${Math.round(fraction * 100)}%)`}`);
    },
  });
  const executor = await openExecutor({ engine: 'native' });
  const { description } = executor;
  await executor.close();
  output.result(
    { ...install, ...description },
    `installed: ${install.folder}\nlibtensorflow ${install.libtensorflow}, computing on ${description.device}`,
  );
}

async function setUpTorch(output: Output, raw: RawOptions, signal: AbortSignal): Promise<void> {
  const usable = await provisionTorch({
    python: textOf(raw, 'python'),
    own: raw.own === true,
    signal,
    onProgress: (message) => {
      output.log(message);
    },
  });
  // What it has is one thing; that the package runs in it another.
  const executor = await openExecutor({ engine: 'torch' });
  const { description } = executor;
  await executor.close();
  const { interpreter, python, versions, gpus, cuda, metal, bfloat16 } = usable;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const graphics =
    cuda !== null
      ? `CUDA ${cuda}, ${gpus} GPU${gpus === 1 ? '' : 's'}`
      : metal
        ? 'no CUDA; Metal is there and not used'
        : 'no CUDA';
  output.result(
    { interpreter, python, versions, gpus, cuda, metal, bfloat16, ...description },
    [
      `PyTorch is set up: ${interpreter} (Python ${python}, ${packages.join(', ')})`,
      `computing on ${description.device}: ${graphics}, ${bfloat16 ? 'bfloat16' : 'float32 by default'}`,
    ].join('\n'),
  );
}
