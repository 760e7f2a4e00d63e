import { join } from 'node:path';
import { adeptHome } from '../files/adeptHome';

/** The folder of the native engines. */
export function nativeHome(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  return join(adeptHome(env, platform), 'native');
}
