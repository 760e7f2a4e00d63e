import '../common/theme.css';
import '../common/controls.css';
import '../common/heat.css';
import './comparison.css';
import { ChangeGrid } from './changeGrid';
import { ComparisonApp } from './comparisonApp';

customElements.define('adept-change-grid', ChangeGrid);
customElements.define('adept-comparison', ComparisonApp);
document.body.append(document.createElement('adept-comparison'));
