/** The keys of a *.adept.json that name texts, in the order in which people look for them. */
export const TEXT_KEYS = ['domain', 'probe', 'replay', 'eval.domain', 'eval.general'] as const;
export type TextKey = (typeof TEXT_KEYS)[number];
