import type { Command } from 'commander';
import { openExecutor } from '../../trainer/openExecutor';
import { inspectNativeInstall } from '../../trainer/tfjs/engine/provision';
import { addEngine, engineOf, jsonCommand, withOutput } from '../common/options';
import { table } from '../common/output';

export function engineCommand(): Command {
  const command = jsonCommand('engine', 'report engine and device');
  return addEngine(command).action(
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
