import type { Command } from 'commander';
import { openExecutor } from '../../trainer/openExecutor';
import { inspectNativeInstall, provisionNativeEngine } from '../../trainer/tfjs/engine/provision';
import { inputError } from '../../shared/common/errors';
import { engineOf, engineOption, jsonCommand, withOutput } from '../common/options';
import { table } from '../common/output';

export function engineCommand(): Command {
  return jsonCommand('engine', 'report engine and device')
    .addOption(engineOption())
    .action(
      withOutput(async (output, raw) => {
        const { problem } = inspectNativeInstall();
        if (problem !== undefined) {
          output.log(problem);
        }
        const executor = await openExecutor(engineOf(raw));
        const description = { ...executor.description, node: process.versions.node };
        await executor.close();
        output.result(
          description,
          table(Object.entries(description).map(([name, value]) => [name, String(value)])),
        );
      }),
    );
}

export function setupCommand(): Command {
  return jsonCommand('setup', 'install the native engine')
    .option('--cpu', 'for the CPU')
    .option('--gpu', 'for an NVIDIA GPU')
    .option('--force', 'install again')
    .action(
      withOutput(async (output, raw) => {
        if (raw.cpu === true && raw.gpu === true) {
          throw inputError('--cpu and --gpu: give one of them, or none to let the machine decide.');
        }
        const abort = new AbortController();
        const cancel = (): void => {
          abort.abort();
        };
        process.once('SIGINT', cancel).once('SIGTERM', cancel);
        const install = await provisionNativeEngine({
          ...(raw.cpu === true
            ? { variant: 'cpu' as const }
            : raw.gpu === true
              ? { variant: 'gpu' as const }
              : {}),
          force: raw.force === true,
          signal: abort.signal,
          onProgress: ({ step, message, fraction }) => {
            output.log(
              `${step}: ${message}${fraction === undefined ? '' : ` (${Math.round(fraction * 100)}%)`}`,
            );
          },
        });
        const executor = await openExecutor('native');
        const { description } = executor;
        await executor.close();
        output.result(
          { ...install, ...description },
          `installed: ${install.folder}\nlibtensorflow ${install.libtensorflow}, computing on ${description.device}`,
        );
      }),
    );
}
