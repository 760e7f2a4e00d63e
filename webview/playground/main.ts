import '../common/theme.css';
import '../common/controls.css';
import '../common/answer.css';
import './playground.css';
import { PlaygroundApp } from './playgroundApp';

customElements.define('adept-playground', PlaygroundApp);
document.body.append(document.createElement('adept-playground'));
