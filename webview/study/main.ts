import '../common/theme.css';
import '../common/controls.css';
import '../common/numbers.css';
import '../common/term.css';
import './study.css';
import { TermHint } from '../common/termHint';
import { StudyApp } from './studyApp';

customElements.define('adept-term', TermHint);
customElements.define('adept-study', StudyApp);
document.body.append(document.createElement('adept-study'));
