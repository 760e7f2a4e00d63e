import type { Localizer } from '../../src/shared/common/localizer';

/** Texts as they are without a translation. */
export const ENGLISH: Localizer = {
  t: (message, ...args) =>
    message.replace(/\{(\d+)\}/g, (whole, index: string) => String(args[Number(index)] ?? whole)),
};
