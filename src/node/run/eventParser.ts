import * as v from 'valibot';
import { type AdeptError, inputError } from '../../shared/common/errors';
import { RunEvent } from '../../shared/run/runFolder';

export type StepEvent = Extract<RunEvent, { type: 'step' }>;

/**
 * What a line of events.ndjson is: an event; an event that a later version writes, by its type, which whoever only looks at the
 * run passes over; or what is wrong with it.
 */
export type EventLine =
  | { readonly event: RunEvent }
  | { readonly unknownType: string }
  | { readonly problem: string };

const KNOWN_TYPES: ReadonlySet<string> = new Set(RunEvent.options.map(({ entries }) => entries.type.literal));
const AnyEvent = v.object({ type: v.string() });

/**
 * Reads a line.
 * @param text without its newline
 */
export function parseEventLine(text: string): EventLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'this line is not JSON' };
  }
  // Nearly every line is a step, and the schema takes longer than all the rest.
  if (isStep(value)) {
    return { event: value };
  }
  const { output, success } = v.safeParse(AnyEvent, value);
  if (success && !KNOWN_TYPES.has(output.type)) {
    return { unknownType: output.type };
  }
  const parsed = v.safeParse(RunEvent, value);
  return parsed.success ? { event: parsed.output } : { problem: problemOf(parsed.issues[0]) };
}

/**
 * The event of a line; undefined for one that a later version writes.
 * @param where file and line, which an error begins with
 * @throws AdeptError (input) saying what is wrong with the line
 */
export function eventOfLine(text: string, where: string): RunEvent | undefined {
  const line = parseEventLine(text);
  if ('problem' in line) {
    throw damaged(where, line.problem);
  }
  return 'event' in line ? line.event : undefined;
}

/**
 * The event of a line, for whoever goes on with the run and so has to know all of it.
 * @throws AdeptError (input) as {@link eventOfLine}, and for an event that a later version writes
 */
export function requireEvent(text: string, where: string): RunEvent {
  const line = parseEventLine(text);
  if ('event' in line) {
    return line.event;
  }
  throw 'problem' in line
    ? damaged(where, line.problem)
    : inputError(
        `${where}: "type" is "${line.unknownType}", which this version of ADEPT does not know: update ADEPT, or remove that line.`,
      );
}

function damaged(where: string, problem: string): AdeptError {
  return inputError(`${where}: ${problem}: repair or remove that line.`);
}

/** Whether the schema of a run's events takes a value as a step; it is checked against that schema by a test. */
export function isStep(value: unknown): value is StepEvent {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const { type, seq, time, step, loss, learningRate, tokensPerSecond, gradNorm, tensors } = value as Partial<
    Record<keyof StepEvent, unknown>
  >;
  return (
    type === 'step' &&
    isCount(seq) &&
    typeof time === 'string' &&
    isCount(step) &&
    isNumber(loss) &&
    isNumber(learningRate) &&
    isNumber(tokensPerSecond) &&
    isNumber(gradNorm) &&
    (tensors === undefined || isCount(tensors))
  );
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && !Number.isNaN(value);
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}

const BEFORE_SEQ = '{"seq":';
const AFTER_SEQ = ',"time":"2026-11-25T01:38:19.123Z","type":"';
const STEP = Buffer.from('step"');

/**
 * Whether a line that the trainer wrote is a step, from a look at a few of its bytes; false for one that was written in
 * another way.
 * @param begin where the line begins
 */
export function looksLikeStep(bytes: Buffer, begin: number): boolean {
  let at = begin + BEFORE_SEQ.length;
  for (let byte = bytes[at]; byte !== undefined && byte >= 0x30 && byte <= 0x39; byte = bytes[at]) {
    at += 1;
  }
  at += AFTER_SEQ.length;
  return STEP.every((byte, index) => bytes[at + index] === byte);
}

function problemOf(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  return path === null
    ? `this line is not an event (${issue.message})`
    : `"${path}" is not usable (${issue.message})`;
}
