/**
 * A request for a whole result as the keys of its profiles: a new session, or what is left of an open one.
 *
 * Without a sort key profiles come in the order they are stored, which is the order that is read fastest.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import { fail } from "../errors/error.ts";
import type { ProfileQuery } from "../query/query.ts";
import { keysInOrder } from "../store/frozen-keys.ts";
import { ascendingKeys } from "../store/key-order.ts";
import type { ProfileKeys, Store } from "../store/store.ts";
import { abortable } from "./abortable.ts";
import { newSessionId, type Session, type SessionOwner } from "./session.ts";
import type { SessionStore } from "./session-store.ts";

/** What an export reads from. */
export interface ExportSources {
  readonly store: Store;
  readonly sessions: SessionStore;
  readonly clock: Clock;
}

/** What a new session is opened with. */
export interface NewExport {
  readonly owner: SessionOwner;
  /** Of whoever reads on in pages. */
  readonly pageSize: number;
  readonly outputProperties: readonly string[] | undefined;
  readonly query: ProfileQuery;
}

/** A session, and the keys that are to be given out. */
export interface OpenedExport {
  readonly session: Session;
  readonly keys: ProfileKeys;
}

/** Keys that are read from a session's file at once. */
const KEYS_PER_READ = 262_144;

/** Opens a session for all profiles of a query. */
export async function openExport(
  { store, sessions, clock }: ExportSources,
  { owner, pageSize, outputProperties, query }: NewExport,
  signal: AbortSignal,
): Promise<OpenedExport> {
  const selected = await abortable(store.select(query, signal), signal);
  const keys = query.sort === undefined ? await ascendingKeys(selected) : selected;
  const frozen = keysInOrder(keys);
  const draft = {
    scope: query.scope,
    workspaceId: owner.workspaceId,
    pageSize,
    total: keys.length,
    outputProperties,
    includesStrangers: query.includesStrangers,
    createdAtMs: clock.now(),
  };
  const sealed = sessions.seal(draft, frozen);
  const session = sealed ?? { ...draft, id: newSessionId(draft.createdAtMs) };
  if (sealed === undefined) await sessions.add(session, frozen);
  return { session, keys };
}

/**
 * Reads on in a session, from one of its profiles on.
 *
 * @param offset counted from 0, profiles that were deleted since included
 * @throws `query.session_missing`
 */
export async function resumeExport(
  { sessions }: Pick<ExportSources, "sessions">,
  owner: SessionOwner,
  sessionId: string,
  offset: number,
): Promise<OpenedExport> {
  const session = await sessions.find(owner, sessionId);
  if (session === undefined) throw fail("query.session_missing", {});
  const keys = new Uint32Array(Math.max(0, session.total - offset));
  for (let at = offset; at < session.total; ) {
    const block = await sessions.keys(session, Math.floor(at / KEYS_PER_READ), KEYS_PER_READ);
    const wanted = block?.subarray(at % KEYS_PER_READ);
    if (wanted === undefined || wanted.length === 0) throw fail("query.session_missing", {});
    keys.set(wanted, at - offset);
    at += wanted.length;
  }
  return { session, keys };
}
