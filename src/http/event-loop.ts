/**
 * How late the event loop gets to what is due: one step of work that takes long makes every request wait.
 *
 * @module
 */

/** A step is seen to be this much shorter than it is, at most. */
const INTERVAL_MS = 5;

/**
 * Watches the event loop without keeping the process alive.
 *
 * @param onDelay is told again and again how many seconds late a timer was
 * @returns what ends it
 */
export function watchEventLoop(onDelay: (seconds: number) => void): () => void {
  let dueAtMs = performance.now() + INTERVAL_MS;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    onDelay(Math.max(0, nowMs - dueAtMs) / 1000);
    dueAtMs = nowMs + INTERVAL_MS;
  }, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
