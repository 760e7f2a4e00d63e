import type { Command } from 'commander';
import { openExecutor } from '../../trainer/openExecutor';
import { inspectNativeInstall } from '../../node/engines/nativeInstall';
import { addEngine, engineOf, jsonCommand, withOutput } from '../common/options';
import { table } from '../common/output';

export function engineCommand(): Command {
  const command = jsonCommand('engine', 'report engine and device');
  return addEngine(command).action(
    withOutput(async (output, raw) => {
      const choice = engineOf(raw);
      const { problem } = inspectNativeInstall();
      if (choice.engine !== 'auto' && problem !== undefined) {
        output.log(problem);
      }
      const executor = await openExecutor(choice, (why) => {
        output.log(why);
      });
      const description = { ...executor.description, node: process.versions.node };
      await executor.close();
      output.result(
        description,
        table(Object.entries(description).map(([name, value]) => [name, String(value)])),
      );
    }),
  );
}
