import type * as v from 'valibot';

/** Whether the key is none that the schema knows. */
export function isUnknownKey(issue: v.BaseIssue<unknown>): boolean {
  const [key] = issue.path?.slice(-1) ?? [];
  return key?.origin === 'key' && issue.expected === 'never';
}
