import * as v from 'valibot';

/** The argument that the keybindings of the list of runs have: it stands for what is selected there. */
const Selection = v.object({ view: v.literal('adept.runs') });

let selected: string | undefined;

/** From now on this is what is selected in the list of runs: the folder of one run, or undefined. */
export function selectRun(run: string | undefined): void {
  selected = run;
}

/** Whether a command is for what is selected in the list of runs. */
export function isSelection(argument: unknown): boolean {
  return v.is(Selection, argument);
}

/** The run that is selected in the list; undefined where none is, or several are. */
export function selectedRun(): string | undefined {
  return selected;
}
