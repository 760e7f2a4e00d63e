import { windowController } from '../control/windowController';
import type { Services } from '../services/services';
import { trackActive } from '../runs/activeRunPanel';
import { runPanelKind, type RunPanelKind } from './runPanel';

/** The run panel as this window has it: commands act on the run of the active panel. */
export function runPanel(services: Services): RunPanelKind {
  const kind = runPanelKind(windowController(services));
  return {
    ...kind,
    connect: (host, source, given, panel) => {
      trackActive(panel, source.folder);
      return kind.connect(host, source, given, panel);
    },
  };
}
