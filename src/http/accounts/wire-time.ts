/**
 * Times as the Accounts API writes them: `2026-01-02T03:04:05Z`, in UTC and whole seconds.
 *
 * @module
 */

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/** A time as text; null for none. */
export function formatTime(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}

/** A text as a time; undefined for any other form, and for days and hours that no calendar has. */
export function parseTime(text: string): number | undefined {
  if (!TIME.test(text)) return undefined;
  const timeMs = Date.parse(text);
  // The 30th of February is read as the 2nd of March.
  return Number.isFinite(timeMs) && formatTime(timeMs) === text ? timeMs : undefined;
}
