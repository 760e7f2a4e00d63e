/** A long time in its largest unit, rounded to what an estimate is worth. @param format numbers in the person's language */
export function durationText(
  seconds: number,
  format: (options: Intl.NumberFormatOptions) => Intl.NumberFormat,
): string {
  const [unit, size] =
    seconds >= 86_400
      ? (['day', 86_400] as const)
      : seconds >= 3600
        ? (['hour', 3600] as const)
        : seconds >= 60
          ? (['minute', 60] as const)
          : (['second', 1] as const);
  return format({ style: 'unit', unit, maximumSignificantDigits: 2 }).format(seconds / size);
}
