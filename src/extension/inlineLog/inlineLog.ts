import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser';
import type { Localizer } from '../../shared/common/localizer';
import { isLive, isResumable, type RunEntry } from '../runs/runEntry';
import { TEXT_KEYS, type TextKey } from '../texts/textKeys';
import { doingText, lossText, nats } from '../runs/runText';

export type LensAction = 'run' | 'stop' | 'pause' | 'resume' | 'open' | 'log';

/** What a *.adept.json shows of its run: links above its first line, and notes at the ends of lines. */
export interface InlineLog {
  /** The line, from 0, that the links stand above. */
  readonly lensLine: number;
  readonly lenses: readonly LensAction[];
  /** The keys that name texts, each with the line that its link stands above. */
  readonly texts: readonly { readonly key: TextKey; readonly line: number }[];
  readonly notes: readonly InlineNote[];
}

export interface InlineNote {
  readonly line: number;
  readonly text: string;
  readonly kind: 'status' | 'error';
}

const NOTHING: InlineLog = { lensLine: 0, lenses: [], texts: [], notes: [] };

/**
 * Places a run's status in the text of its configuration.
 * @param text of the document, which may be broken while it is being typed
 * @param run what is known of the run that the document describes; undefined when there is none
 * @param trusted whether anything may be started
 */
export function inlineLog(
  text: string,
  run: RunEntry | undefined,
  trusted: boolean,
  l10n: Localizer,
): InlineLog {
  const tree = parseTree(text, [], { allowTrailingComma: true });
  if (tree?.type !== 'object') {
    return NOTHING;
  }
  const document = new Keys(text, tree);
  const notes = run === undefined ? [] : runNotes(document, run, l10n);
  return {
    lensLine: document.lineAt(tree.offset),
    lenses: lensesFor(run, trusted),
    texts: trusted ? TEXT_KEYS.flatMap((key) => document.textOf(key)) : [],
    notes: onePerLine(notes),
  };
}

/** The line, from 0, of a *.adept.json that a message is about; the first where it names none. */
export function lineOfMessage(text: string, message: string): number {
  const tree = parseTree(text, [], { allowTrailingComma: true });
  return tree?.type === 'object' ? lineOfProblem(new Keys(text, tree), message) : 0;
}

/** Finds keys and their lines. */
class Keys {
  constructor(
    private readonly text: string,
    private readonly tree: Node,
  ) {}

  lineAt(offset: number): number {
    let line = 0;
    for (let at = this.text.indexOf('\n'); at !== -1 && at < offset; at = this.text.indexOf('\n', at + 1)) {
      line += 1;
    }
    return line;
  }

  /** The line of the first of these keys, given as `eval.general`, that the document has; its first line if it has none. */
  lineOf(...keys: readonly string[]): number {
    const found = keys.map((key) => this.find(key)).find((node) => node !== undefined);
    return this.lineAt((found ?? this.tree).offset);
  }

  /** Where a key is that names a text; nothing where it is not there yet. */
  textOf(key: TextKey): InlineLog['texts'] {
    const found = this.find(key);
    return found === undefined ? [] : [{ key, line: this.lineAt(found.offset) }];
  }

  has(key: string): boolean {
    return this.find(key) !== undefined;
  }

  private find(key: string): Node | undefined {
    // The value's parent is the property, which begins with its name.
    return findNodeAtLocation(this.tree, key.split('.'))?.parent;
  }
}

function lensesFor(run: RunEntry | undefined, trusted: boolean): LensAction[] {
  if (run === undefined) {
    return trusted ? ['run'] : [];
  }
  const controls: LensAction[] = isLive(run)
    ? run.state === 'starting'
      ? ['stop']
      : [run.state === 'paused' ? 'resume' : 'pause', 'stop']
    : [...(isResumable(run) && run.problem === undefined ? ['resume' as const] : []), 'run'];
  const seeing: LensAction[] = run.status === undefined ? [] : run.problem === undefined ? ['open'] : ['log'];
  return [...(trusted ? controls : []), ...seeing];
}

function runNotes(document: Keys, run: RunEntry, l10n: Localizer): InlineNote[] {
  const notes: InlineNote[] = [
    // Losses stand at the lines of their texts.
    { line: document.lineOf('out'), text: doingText(run, l10n), kind: 'status' },
  ];
  const problem = run.problem ?? run.status?.error ?? undefined;
  if (problem !== undefined) {
    notes.push({ line: lineOfProblem(document, problem), text: problem, kind: 'error' });
  }
  return run.status === undefined ? notes : [...notes, ...lossNotes(document, run.status, l10n)];
}

function lossNotes(document: Keys, status: NonNullable<RunEntry['status']>, l10n: Localizer): InlineNote[] {
  const { generalLoss, domainLoss, before, checkpoints, best } = status;
  const notes: InlineNote[] = [];
  const add = (line: number, text: string): void => {
    notes.push({ line, text, kind: 'status' });
  };
  if (domainLoss !== null) {
    const text = lossText(domainLoss, before?.domainLoss, l10n);
    add(document.lineOf('eval.domain', 'domain'), l10n.t('domain loss {0}', text));
  }
  if (generalLoss !== null) {
    const text = lossText(generalLoss, before?.generalLoss, l10n);
    add(document.lineOf('eval.general', 'probe'), l10n.t('general loss {0}', text));
  }
  const last = checkpoints.at(-1);
  if (last !== undefined) {
    const text =
      best === null
        ? l10n.t('last checkpoint at step {0}', last)
        : l10n.t(
            'last checkpoint at step {0} · best domain loss {1} at step {2}',
            last,
            nats(best.domainLoss),
            best.step,
          );
    add(document.lineOf('tune.saveEvery', 'tune'), text);
  }
  return notes;
}

/**
 * The line that a message names by its number, by a key as `"eval.general"`, or by an option as `--probe`; else that of the
 * run folder.
 */
function lineOfProblem(document: Keys, problem: string): number {
  const [, number] = /\.adept\.json, line (\d+):/.exec(problem) ?? [];
  if (number !== undefined) {
    return Number(number) - 1;
  }
  const quoted = [...problem.matchAll(/"([A-Za-z]+(?:\.[A-Za-z]+)*)(?:\.\d+)*"/g)];
  const options = [...problem.matchAll(/--([a-z]+)/g)];
  const named = [...quoted, ...options].flatMap(([, key]) => (key === undefined ? [] : withParents(key)));
  return document.lineOf(...named.filter((key) => document.has(key)), 'out');
}

/** `tune.steps`, `tune`: a key that is missing is named by what it is missing from. */
function withParents(key: string): string[] {
  const parts = key.split('.');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('.'));
}

/** What would stand at the end of one line, one after the other; an error is the whole of its line. */
function onePerLine(notes: readonly InlineNote[]): InlineNote[] {
  const lines = new Map<number, InlineNote>();
  for (const note of notes) {
    const other = lines.get(note.line);
    lines.set(
      note.line,
      other === undefined
        ? note
        : {
            ...note,
            text: `${other.text} · ${note.text}`,
            kind: other.kind === 'error' ? 'error' : note.kind,
          },
    );
  }
  return [...lines.values()].sort((a, b) => a.line - b.line);
}
