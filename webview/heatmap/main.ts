import '../common/theme.css';
import '../common/controls.css';
import '../common/heat.css';
import '../common/numbers.css';
import './heatmap.css';
import { HeatGrid } from '../common/heatGrid';
import { HeatmapApp } from './heatmapApp';
import { LaunchFormView } from './launchFormView';

customElements.define('adept-heat-grid', HeatGrid);
customElements.define('adept-launch-form', LaunchFormView);
customElements.define('adept-heatmap', HeatmapApp);
document.body.append(document.createElement('adept-heatmap'));
