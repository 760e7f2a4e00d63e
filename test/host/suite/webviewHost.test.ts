import assert from 'node:assert/strict';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { ContextKeys } from '../../../src/extension/window/contextKeys';
import { openPanel, type PanelKind, restorePanel } from '../../../src/extension/panels/panel';
import type { Services } from '../../../src/extension/services/services';
import { WebviewHost } from '../../../src/extension/webviews/webviewHost';
import { FromProbe, ToProbe } from '../page/messages';
import { eventually, extension } from './support';

const Source = v.object({ probe: v.string() });

/** The probe's panel, and what its page said and how often it was ready. */
function probe() {
  const received: FromProbe[] = [];
  const hosts: WebviewHost<typeof ToProbe, typeof FromProbe>[] = [];
  const state = { ready: 0, disposed: 0 };
  const kind: PanelKind<typeof ToProbe, typeof FromProbe, typeof Source> = {
    name: 'probe',
    viewType: 'adept.probe',
    to: ToProbe,
    from: FromProbe,
    source: Source,
    folder: vscode.Uri.joinPath(extension().extensionUri, 'out/test/host/page'),
    title: ({ probe: name }) => `Probe <${name}>`,
    connect(host) {
      hosts.push(host);
      return {
        ready: () => {
          state.ready += 1;
        },
        receive: (message) => {
          received.push(message);
        },
        dispose: () => {
          state.disposed += 1;
        },
      };
    },
  };
  const log = recordingLog();
  const extensionUri = extension().extensionUri;
  // Panels use no more of the context than where the extension lies, and this one no more of the services.
  const context = { extensionUri } as vscode.ExtensionContext;
  const services = {
    context,
    log: log.channel,
    contextKeys: new ContextKeys(),
  } as Partial<Services> as Services;
  const host = (): WebviewHost<typeof ToProbe, typeof FromProbe> => {
    const last = hosts.at(-1);
    assert.ok(last !== undefined);
    return last;
  };
  return { kind, services, received, state, host, logged: log.lines };
}

function recordingLog(): { channel: vscode.LogOutputChannel; lines: string[] } {
  const lines: string[] = [];
  const add = (line: unknown): void => {
    lines.push(String(line));
  };
  const channel = { debug: add, info: add, warn: add, error: add, trace: add, show: () => undefined };
  // The webview host only writes lines.
  return { channel: channel as unknown as vscode.LogOutputChannel, lines };
}

function ready(state: { ready: number }, times: number): Promise<true> {
  return eventually(`the page to be ready ${times} times`, () => (state.ready >= times ? true : undefined));
}

describe('webview host, with a real page', () => {
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('gives the page its source, its icon font and messages, and gets answers', async () => {
    const { kind, services, received, state, host } = probe();
    openPanel(kind, { probe: 'a</script><b>' }, services);
    await ready(state, 1);
    assert.equal(await host().post({ type: 'echo', text: 'ä€😀' }), true);
    const [echoed] = await eventually('the echo', () => (received.length > 0 ? received : undefined));
    assert.deepEqual(echoed, {
      type: 'echoed',
      text: 'ä€😀',
      source: { probe: 'a</script><b>' },
      iconFont: true,
    });
  });

  it('lets the page run no inline script or style and load nothing from elsewhere', async () => {
    const { kind, services, received, state, host } = probe();
    openPanel(kind, { probe: 'csp' }, services);
    await ready(state, 1);
    await host().post({ type: 'violate' });
    const directives = await eventually('three violations', () => {
      const found = received.flatMap((message) => (message.type === 'violation' ? [message.directive] : []));
      return found.length >= 3 ? found : undefined;
    });
    assert.deepEqual(directives.sort(), ['img-src', 'script-src-elem', 'style-src-attr']);
    await host().post({ type: 'echo', text: 'still there' });
    await eventually('the echo', () => received.find(({ type }) => type === 'echoed'));
  });

  it('shows one panel for one source, and another for another', () => {
    const { kind, services } = probe();
    const first = openPanel(kind, { probe: 'one' }, services);
    assert.equal(openPanel(kind, { probe: 'one' }, services), first);
    assert.notEqual(openPanel(kind, { probe: 'two' }, services), first);
  });

  it('opens a new panel after the old one was closed, and tells its content', () => {
    const { kind, services, state } = probe();
    const first = openPanel(kind, { probe: 'closed' }, services);
    first.dispose();
    assert.equal(state.disposed, 1);
    assert.notEqual(openPanel(kind, { probe: 'closed' }, services), first);
  });

  it('hears of ready again when a hidden page is shown, which finds its own state', async () => {
    const { kind, services, received, state, host } = probe();
    const panel = openPanel(kind, { probe: 'hidden' }, services);
    await ready(state, 1);
    await host().post({ type: 'keep', text: 'sorted by name' });
    await host().post({ type: 'echo', text: 'before' });
    await eventually('the echo', () => received[0]);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content: 'active' }));
    await eventually('the panel to be hidden', () => (host().listening ? undefined : true));
    assert.equal(await host().post({ type: 'echo', text: 'nobody listens' }), false);
    panel.reveal();
    await ready(state, 2);
    await host().post({ type: 'echo', text: 'after' });
    const answer = await eventually('the echo', () => received[1]);
    assert.ok(answer.type === 'echoed');
    assert.equal(answer.text, 'after');
    assert.equal(answer.kept, 'sorted by name');
  });

  it('restores a panel from what the browser kept', async () => {
    const { kind, services, received, state, host } = probe();
    const panel = vscode.window.createWebviewPanel(kind.viewType, 'old title', vscode.ViewColumn.Active);
    restorePanel(kind, panel, { source: { probe: 'restored' }, view: 'anything' }, services);
    await ready(state, 1);
    assert.equal(panel.title, 'Probe <restored>');
    await host().post({ type: 'echo', text: 'back' });
    const answer = await eventually('the echo', () => received[0]);
    assert.ok(answer.type === 'echoed');
    assert.deepEqual(answer.source, { probe: 'restored' });
  });

  for (const kept of [undefined, 'text', {}, { source: { probe: 7 } }]) {
    it(`closes a panel that kept ${JSON.stringify(kept)}, and logs it`, () => {
      const { kind, services, logged } = probe();
      const panel = vscode.window.createWebviewPanel(kind.viewType, 'old title', vscode.ViewColumn.Active);
      let disposed = false;
      panel.onDidDispose(() => {
        disposed = true;
      });
      restorePanel(kind, panel, kept, services);
      assert.equal(disposed, true);
      assert.match(logged.join('\n'), /adept\.probe panel was not restored/);
    });
  }

  it('logs what goes wrong in the page', async () => {
    const { kind, services, state, host, logged } = probe();
    openPanel(kind, { probe: 'broken' }, services);
    await ready(state, 1);
    await host().post({ type: 'throw', text: 'a fault of the page' });
    const line = await eventually('the log', () =>
      logged.find((text) => text.includes('a fault of the page')),
    );
    assert.match(line, /probe page reported an error/);
  });
});

describe('webview host, message by message', () => {
  function fake() {
    const emitter = new vscode.EventEmitter<unknown>();
    const sent: unknown[] = [];
    const webview = {
      onDidReceiveMessage: emitter.event,
      postMessage: (message: unknown) => {
        sent.push(message);
        return Promise.resolve(true);
      },
      asWebviewUri: (uri: vscode.Uri) => uri,
      cspSource: 'https://webview.example',
      options: {},
      html: '',
    };
    const { kind, services, logged } = probe();
    const received: FromProbe[] = [];
    // The host uses no more of a webview than this.
    const host = new WebviewHost(webview, kind, services, {
      title: 'Probe',
      source: { probe: 'fake' },
    });
    host.load({
      ready: () => undefined,
      receive: (message) => {
        received.push(message);
      },
      dispose: () => undefined,
    });
    return { webview, emitter, sent, received, host, logged };
  }

  it('writes a policy that allows the nonce and the extension’s own files alone', () => {
    const { webview } = fake();
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(webview.html)?.[1];
    const nonce = /<script nonce="([^"]+)"/.exec(webview.html)?.[1];
    assert.ok(policy !== undefined && nonce !== undefined && nonce.length >= 32);
    assert.deepEqual(policy.replaceAll('&#39;', "'").split('; '), [
      "default-src 'none'",
      `script-src 'nonce-${nonce}'`,
      'style-src https://webview.example',
      'font-src https://webview.example',
      'img-src https://webview.example',
    ]);
    assert.notEqual(/<script nonce="([^"]+)"/.exec(fake().webview.html)?.[1], nonce);
  });

  it('posts nothing before the page is ready', async () => {
    const { host, sent, emitter } = fake();
    assert.equal(await host.post({ type: 'echo', text: 'early' }), false);
    emitter.fire({ type: 'ready' });
    assert.equal(await host.post({ type: 'echo', text: 'now' }), true);
    assert.deepEqual(sent, [{ type: 'echo', text: 'now' }]);
  });

  it('ignores and logs a message that fits no schema', () => {
    const { emitter, received, logged } = fake();
    for (const message of [undefined, 7, {}, { type: 'unknown' }, { type: 'violation', directive: 7 }]) {
      emitter.fire(message);
    }
    emitter.fire({ type: 'violation', directive: 'img-src' });
    assert.deepEqual(received, [{ type: 'violation', directive: 'img-src' }]);
    assert.equal(logged.filter((line) => line.includes('message of the probe page is not usable')).length, 5);
  });

  it('does not send a message that does not fit, and logs it', async () => {
    const { host, emitter, sent, logged } = fake();
    emitter.fire({ type: 'ready' });
    const wrong: unknown = { type: 'echo', text: 7 };
    // What a schema is for: a value that its type does not describe.
    assert.equal(await host.post(wrong as v.InferInput<typeof ToProbe>), false);
    assert.deepEqual(sent, []);
    assert.match(logged.join('\n'), /message to the probe page is not usable: "text"/);
  });
});
