/**
 * The id of a request in its answer and in the log.
 *
 * @module
 */
import { randomUUID } from "node:crypto";

/** What a client or proxy may choose: nothing that could break a log line or a header. */
const CHOSEN = /^[A-Za-z0-9._-]{1,64}$/;

/** The id that the request brought, when it is a sane one, otherwise a new one. */
export function requestIdOf(sent: string | readonly string[] | undefined): string {
  return typeof sent === "string" && CHOSEN.test(sent) ? sent : randomUUID();
}
