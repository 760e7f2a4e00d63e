import { l10n } from './l10n';

/** How charts of curves are zoomed and moved. */
export function zoomHint(): string {
  return l10n.t(
    'Zoom: drag over a range, or turn the wheel with Ctrl or ⌘. Move: drag with Shift. With the focus on a chart: wheel, + and − zoom, ← and → move (with Shift they read values), m goes to the next mark, 0 or Home shows all.',
  );
}
