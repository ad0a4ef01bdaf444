/**
 * What the operating system refused, as words.
 *
 * @module
 */
import { getSystemErrorMap } from "node:util";

/** The reason of a failed call, without the call and the paths that Node.js adds. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { errno, syscall } = error as NodeJS.ErrnoException;
  // Without a call it is somebody else's number, such as zlib's.
  const known =
    errno === undefined || syscall === undefined ? undefined : getSystemErrorMap().get(errno);
  return known?.[1] ?? error.message;
}
