import '../../../webview/common/theme.css';
import * as v from 'valibot';
import { connectHost } from '../../../webview/common/host';
import { pageData } from '../../../webview/common/pageData';
import { FromProbe, ToProbe } from './messages';

// A page for the tests of the two sides of the webview host.
const host = connectHost({ to: ToProbe, from: FromProbe, view: v.string() });

document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
  host.post({ type: 'violation', directive: effectiveDirective });
});

function violate(): void {
  document.body.insertAdjacentHTML('beforeend', '<p style="color: red" id="violation">inline</p>');
  const script = document.createElement('script');
  script.textContent = 'document.body.remove()';
  document.body.append(script);
  const picture = document.createElement('img');
  picture.src = 'https://example.invalid/picture.png';
  document.body.append(picture);
}

async function echo(text: string): Promise<void> {
  const fonts = await document.fonts.load('16px codicon');
  host.post({
    type: 'echoed',
    text,
    source: pageData().source,
    ...(host.view === undefined ? {} : { kept: host.view }),
    iconFont: fonts.length > 0,
  });
}

host.listen((message) => {
  switch (message.type) {
    case 'echo':
      void echo(message.text);
      break;
    case 'keep':
      host.setView(message.text);
      break;
    case 'violate':
      violate();
      break;
    case 'throw':
      throw new Error(message.text);
  }
});
