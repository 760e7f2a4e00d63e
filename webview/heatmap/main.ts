import '../common/theme.css';
import '../common/controls.css';
import '../common/heat.css';
import '../common/numbers.css';
import '../common/term.css';
import './heatmap.css';
import './quadrants.css';
import { HeatGrid } from '../common/heatGrid';
import { TermHint } from '../common/termHint';
import { HeatmapApp } from './heatmapApp';
import { LaunchFormView } from './launchFormView';
import { QuadrantPlot } from './quadrantPlot';

customElements.define('adept-heat-grid', HeatGrid);
customElements.define('adept-term', TermHint);
customElements.define('adept-quadrant-plot', QuadrantPlot);
customElements.define('adept-launch-form', LaunchFormView);
customElements.define('adept-heatmap', HeatmapApp);
document.body.append(document.createElement('adept-heatmap'));
