import '../common/theme.css';
import '../common/controls.css';
import '../common/numbers.css';
import './study.css';
import { StudyApp } from './studyApp';

customElements.define('adept-study', StudyApp);
document.body.append(document.createElement('adept-study'));
