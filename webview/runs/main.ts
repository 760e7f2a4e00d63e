import '../common/theme.css';
import '../common/controls.css';
import '../common/numbers.css';
import '../common/charts.css';
import './runs.css';
import { CurveChart } from '../common/curveChart';
import { EditableCell } from './editableCell';
import { RowMenu } from './rowMenu';
import { RunsApp } from './runsApp';

customElements.define('adept-curve-chart', CurveChart);
customElements.define('adept-editable-cell', EditableCell);
customElements.define('adept-row-menu', RowMenu);
customElements.define('adept-runs', RunsApp);
document.body.append(document.createElement('adept-runs'));
