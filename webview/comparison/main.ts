import '../common/theme.css';
import '../common/controls.css';
import '../common/heat.css';
import './comparison.css';
import { HeatGrid } from '../common/heatGrid';
import { ComparisonApp } from './comparisonApp';

customElements.define('adept-heat-grid', HeatGrid);
customElements.define('adept-comparison', ComparisonApp);
document.body.append(document.createElement('adept-comparison'));
