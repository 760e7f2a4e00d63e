import '../common/theme.css';
import '../common/controls.css';
import './safetensors.css';
import { FromSafetensors, SafetensorsView, ToSafetensors } from '../../src/shared/webview/safetensors';
import type { TensorRow } from '../../src/shared/model/tensorTable';
import { connectHost } from '../common/host';
import { l10n } from '../common/l10n';
import { TensorGrid } from './tensorGrid';
import { WeightFileView, type WeightFileEvents } from './weightFileView';

customElements.define('adept-tensor-grid', TensorGrid);
customElements.define('adept-weight-file', WeightFileView);

const host = connectHost({ to: ToSafetensors, from: FromSafetensors, view: SafetensorsView });
const view = new WeightFileView();
if (host.view !== undefined) {
  view.restore(host.view);
}
document.body.append(view);

function on<K extends keyof WeightFileEvents>(
  type: K,
  handler: (detail: WeightFileEvents[K]['detail']) => void,
): void {
  view.addEventListener(type, (event) => {
    handler((event as WeightFileEvents[K]).detail);
  });
}

on('copy', (text) => {
  host.post({ type: 'copy', text });
});
on('csv', (text) => {
  host.post({ type: 'saveCsv', text });
});
on('view', (state) => {
  host.setView(state);
});

let rows: TensorRow[] = [];
host.listen((message) => {
  switch (message.type) {
    case 'file':
      rows = [];
      view.facts = message.facts;
      view.rows = rows;
      break;
    case 'rows':
      rows = [...rows, ...message.rows];
      view.rows = rows;
      break;
    case 'find':
      view.find(message.text);
      break;
    case 'saved':
      view.say(l10n.t('Saved: {0}', message.file));
      break;
  }
});
