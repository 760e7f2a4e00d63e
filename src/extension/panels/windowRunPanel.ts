import { windowController } from '../control/windowController';
import type { Services } from '../services/services';
import { noteFront } from '../runs/activeRunPanel';
import { runPanelKind, type RunPanelKind } from './runPanel';

/** The run panel as this window has it: commands act upon the run that is in front. */
export function runPanel(services: Services): RunPanelKind {
  const kind = runPanelKind(windowController(services));
  return {
    ...kind,
    connect: (host, source, given, panel) => {
      noteFront(panel, source.folder);
      return kind.connect(host, source, given, panel);
    },
  };
}
