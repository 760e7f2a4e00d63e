import { freshForm, withField, type LaunchForm } from '../../src/shared/launch/launchForm';
import type { LaunchContext } from '../../src/shared/webview/heatmap';

/** What the form starts with: what was launched last, with this model's probe; or the defaults, with sequences as long as were analyzed. */
export function firstForm(
  { name, last, engine, domain }: LaunchContext,
  probe: readonly string[],
  analyzedLength: number,
): LaunchForm {
  // What was measured at a length is known for that length: time and memory too.
  const fresh = withField(freshForm(name, probe), 'seqLen', String(analyzedLength));
  const before = last === null ? fresh : { ...last, name };
  // Layers that the domain needs are those of the text that was measured.
  const files = {
    ...before.files,
    probe: fresh.files.probe,
    ...(domain === undefined ? {} : { domain: domain.join('\n') }),
  };
  const form = { ...before, files };
  return withField(form, 'engine', engine);
}
