import * as v from 'valibot';
import { KeptState } from '../../src/shared/webview/common';
import { pageData } from './pageData';

/** What VS Code gives a webview, once. */
interface VSCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare global {
  function acquireVsCodeApi(): VSCodeApi;
}

/** The key under which a page outside VS Code hands out what it would have sent to the extension. */
const OUTSIDE_MESSAGE = 'adeptFromPage';

/** Before a page that knows nothing says again that it is ready. */
const FIRST_WAIT_MILLISECONDS = 5000;
const LONGEST_WAIT_MILLISECONDS = 60_000;

/**
 * The page's side of the extension host: typed messages, parsed in both directions, and the state that outlives the page.
 * Outside VS Code (a plain page in a test) `window.postMessage(message)` says something to the page, and what the page
 * says arrives at the window as `{ [OUTSIDE_MESSAGE]: message }`.
 */
export interface Host<To, From, View> {
  /**
   * Calls the handler with every message that fits, and tells the host that the page is ready: again and again, less and less
   * often, until it `knows` something (without it: until a message came). A first message can be lost, and no other may follow.
   */
  listen(handler: (message: To) => void, knows?: () => boolean): void;
  post(message: From): void;
  /** What the page itself wants to find again: scroll position, sorting, selection. */
  readonly view: View | undefined;
  setView(view: View): void;
}

/** Connects to the extension host. Call once per page. */
export function connectHost<
  To extends v.GenericSchema,
  From extends v.GenericSchema,
  View extends v.GenericSchema,
>(schemas: {
  readonly to: To;
  readonly from: From;
  readonly view: View;
}): Host<v.InferOutput<To>, v.InferInput<From>, v.InferOutput<View>> {
  const api = typeof acquireVsCodeApi === 'function' ? acquireVsCodeApi() : outsideApi();
  const { source } = pageData();
  const keep = (view: unknown): void => {
    api.setState({ source, view } satisfies KeptState);
  };
  let view = keptView(schemas.view, api.getState());
  keep(view);
  reportProblems(api);
  return {
    listen: (handler, knows) => {
      listen(api, schemas.to, handler, knows);
    },
    post: (message) => {
      const parsed = v.safeParse(schemas.from, message);
      if (!parsed.success) {
        throw new TypeError(`A message to the extension is not usable: ${parsed.issues[0].message}`);
      }
      api.postMessage(parsed.output);
    },
    get view() {
      return view;
    },
    setView: (next) => {
      view = next;
      keep(next);
    },
  };
}

function keptView<View extends v.GenericSchema>(
  schema: View,
  state: unknown,
): v.InferOutput<View> | undefined {
  const kept = v.safeParse(KeptState, state);
  const view = v.safeParse(schema, kept.success ? kept.output.view : undefined);
  return view.success ? view.output : undefined;
}

function listen<To extends v.GenericSchema>(
  api: VSCodeApi,
  schema: To,
  handler: (message: v.InferOutput<To>) => void,
  knows?: () => boolean,
): void {
  let heard = false;
  window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'object' && data !== null && OUTSIDE_MESSAGE in data) {
      return;
    }
    const parsed = v.safeParse(schema, data);
    if (parsed.success) {
      handler(parsed.output);
      heard = true;
    } else {
      api.postMessage({
        type: 'problem',
        message: `a message to the page is not usable: ${parsed.issues[0].message}`,
      });
    }
  });
  const say = (wait: number): void => {
    if (!(knows?.() ?? heard)) {
      api.postMessage({ type: 'ready' });
      setTimeout(() => {
        say(Math.min(2 * wait, LONGEST_WAIT_MILLISECONDS));
      }, wait);
    }
  };
  say(FIRST_WAIT_MILLISECONDS);
}

/** What goes wrong in a page reaches the extension's log. */
function reportProblems(api: VSCodeApi): void {
  const report = (error: unknown): void => {
    api.postMessage(
      error instanceof Error
        ? {
            type: 'problem',
            message: error.message,
            ...(error.stack === undefined ? {} : { stack: error.stack }),
          }
        : { type: 'problem', message: String(error) },
    );
  };
  window.addEventListener('error', (event) => {
    report(event.error ?? event.message);
  });
  window.addEventListener('unhandledrejection', (event) => {
    report(event.reason);
  });
}

function outsideApi(): VSCodeApi {
  let state: unknown;
  return {
    postMessage: (message) => {
      window.postMessage({ [OUTSIDE_MESSAGE]: message });
    },
    getState: () => state,
    setState: (next) => {
      state = next;
    },
  };
}
