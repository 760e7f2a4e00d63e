import '../common/theme.css';
import '../common/controls.css';
import '../common/numbers.css';
import './preview.css';
import { PreviewApp } from './previewApp';

customElements.define('adept-preview', PreviewApp);
document.body.append(document.createElement('adept-preview'));
