import * as v from 'valibot';
import * as vscode from 'vscode';

/** What menus, views, links and other extensions name a file or folder with. */
const Named = v.union([
  v.pipe(v.string(), v.minLength(1)),
  v.object({ path: v.string(), scheme: v.optional(v.undefined()) }),
  v.object({ file: v.string() }),
  v.object({ run: v.string() }),
]);

/** The path that a command's argument names; undefined when it names none. */
export function pathOf(argument: unknown): string | undefined {
  if (argument instanceof vscode.Uri) {
    return argument.fsPath;
  }
  const named = v.safeParse(Named, argument);
  if (!named.success) {
    return undefined;
  }
  const { output } = named;
  if (typeof output === 'string') {
    return output;
  }
  return 'path' in output ? output.path : 'file' in output ? output.file : output.run;
}

/** The paths of a selection in a view or the explorer: its items come as the second argument, or all as one array. */
export function pathsOf(args: readonly unknown[]): string[] {
  const [first, second] = args;
  const items = Array.isArray(second) ? second : Array.isArray(first) ? first : [first];
  return [...new Set(items.flatMap((item: unknown) => pathOf(item) ?? []))];
}
