export type ProvisionStep =
  | 'check'
  | 'wait'
  | 'clean'
  | 'prebuilt'
  | 'download'
  | 'unpack'
  | 'compile'
  | 'verify'
  | 'install';

/** One line about what setup is doing; `fraction` in [0, 1] where the end is known. */
export interface ProvisionProgress {
  readonly step: ProvisionStep;
  readonly message: string;
  readonly fraction?: number;
}

export type OnProgress = (line: ProvisionProgress) => void;

/** Bytes as a person reads them: decimal units, three significant digits at most. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 99.95 || unit === 0 ? value.toFixed(0) : value.toFixed(1)} ${units[unit] ?? ''}`;
}
