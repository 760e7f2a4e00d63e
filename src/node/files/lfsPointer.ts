import { type AdeptError, inputError } from '../../shared/common/errors';

/** How the small text file begins that Git LFS leaves where the large file was not fetched. */
const START = 'version https://git-lfs.github.com/';

/** Bytes of a file that tell whether it is a pointer. */
export const LFS_START_BYTES = START.length;

/** Whether a file that begins like this is a pointer of Git LFS in place of what it should be. */
export function isLfsPointer(start: string | Uint8Array): boolean {
  const text =
    typeof start === 'string' ? start : new TextDecoder().decode(start.subarray(0, LFS_START_BYTES));
  return text.startsWith(START);
}

/** @param wanted what the file should be, such as "the weights" */
export function lfsPointerText(file: string, wanted: string): string {
  return `${file}: is a Git LFS pointer, not ${wanted}: fetch it with "git lfs pull".`;
}

/** What to say of a JSON file that cannot be parsed because it is a pointer; undefined where it is none. */
export function lfsError(file: string, text: string, wanted: string, cause: unknown): AdeptError | undefined {
  return isLfsPointer(text) ? inputError(lfsPointerText(file, wanted), cause) : undefined;
}
