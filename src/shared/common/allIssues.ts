import * as v from 'valibot';
import { isUnknownKey } from './unknownKey';

/** A schema says one unknown key of an object at a time; nobody writes more of them in one file. */
const MOST_UNKNOWN_KEYS = 50;

type Issue = v.BaseIssue<unknown>;

/** All that keeps a JSON value from fitting a schema, every unknown key included; empty where it fits. */
export function allIssues(schema: v.GenericSchema, value: unknown): Issue[] {
  const unknown: Issue[] = [];
  let others: Issue[] = [];
  for (let known = value; unknown.length < MOST_UNKNOWN_KEYS;) {
    const { issues = [] } = v.safeParse(schema, known);
    others = issues.filter((issue) => !isUnknownKey(issue));
    const more = issues.filter(isUnknownKey);
    if (more.length === 0) {
      break;
    }
    unknown.push(...more);
    known = without(known, more.map(pathOf));
  }
  return [...others, ...unknown];
}

/** Where something is in a JSON value, from the outside in. */
export type Path = readonly (string | number)[];

/** Where it is, from the outside in. */
export function pathOf({ path }: Issue): Path {
  return (path ?? []).map(({ key }) => key as string | number);
}

/** A JSON value that lacks what stands at these paths in its objects. */
export function without(value: unknown, paths: readonly Path[]): unknown {
  return paths.reduce(lacking, value);
}

function lacking(value: unknown, [key, ...inner]: Path): unknown {
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (index === key ? lacking(item, inner) : item));
  }
  if (typeof value !== 'object' || value === null || key === undefined) {
    return value;
  }
  const entries = Object.entries(value);
  return Object.fromEntries(
    inner.length === 0
      ? entries.filter(([name]) => name !== key)
      : entries.map(([name, item]) => [name, name === key ? lacking(item, inner) : item] as const),
  );
}
