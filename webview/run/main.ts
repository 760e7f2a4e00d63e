import '../common/theme.css';
import '../common/controls.css';
import '../common/numbers.css';
import '../common/charts.css';
import '../common/answer.css';
import './run.css';
import { CurveChart } from '../common/curveChart';
import { RunApp } from './runApp';
import { RunLog } from './runLog';
import { UnitMap } from './unitMap';

customElements.define('adept-curve-chart', CurveChart);
customElements.define('adept-unit-map', UnitMap);
customElements.define('adept-run-log', RunLog);
customElements.define('adept-run', RunApp);
document.body.append(document.createElement('adept-run'));
