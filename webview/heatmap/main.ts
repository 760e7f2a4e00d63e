import '../common/theme.css';
import '../common/controls.css';
import './heatmap.css';
import { HeatmapApp } from './heatmapApp';
import { ImportanceGrid } from './importanceGrid';
import { LaunchFormView } from './launchFormView';

customElements.define('adept-importance-grid', ImportanceGrid);
customElements.define('adept-launch-form', LaunchFormView);
customElements.define('adept-heatmap', HeatmapApp);
document.body.append(document.createElement('adept-heatmap'));
