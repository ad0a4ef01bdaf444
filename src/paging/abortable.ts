/**
 * Work that is waited for only as long as a signal allows.
 *
 * @module
 */

/** Ends the wait, though perhaps not the work, as soon as the signal says so. */
export async function abortable<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } catch (failure) {
    // An engine that was interrupted says so in words of its own.
    throw signal.aborted ? signal.reason : failure;
  } finally {
    if (stop !== undefined) signal.removeEventListener("abort", stop);
  }
}
