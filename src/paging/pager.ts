/**
 * A request for a page as the profiles on it: the first page opens a session, later ones read on in it.
 *
 * The session's keys are frozen, the profiles are read as they are now. A profile deleted since is left out
 * of its page; no other moves.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import { fail } from "../errors/error.ts";
import type { ProfileQuery } from "../query/query.ts";
import { type FrozenKeys, keysInOrder } from "../store/frozen-keys.ts";
import type { ProfileKeys, ProfileRow, Store } from "../store/store.ts";
import { abortable } from "./abortable.ts";
import { isSessionId, newSessionId, type Session, type SessionOwner } from "./session.ts";
import type { SessionStore } from "./session-store.ts";

/** What a request for a page says. */
export interface PageRequest {
  readonly owner: SessionOwner;
  /** Counted from 0. */
  readonly page: number;
  /** Looked at only when a session is opened. */
  readonly pageSize: number;
  readonly outputProperties: readonly string[] | undefined;
  readonly sessionId: string | undefined;
  /** Whether the request says what it selects, so that a session that is gone can be opened again. */
  readonly repeatsQuery: boolean;
  /** Checks the query; called only when a session is opened. */
  plan(): Promise<ProfileQuery>;
}

/** A page of a session. */
export interface Page {
  readonly session: Session;
  readonly page: number;
  /**
   * The page size to tell. Clients go on for as long as a page has as many profiles as it says, so a page that
   * deleted profiles are left out of says how many it has.
   */
  readonly shownSize: number;
  readonly rows: readonly ProfileRow[];
}

/** What a pager reads from. */
export interface PagerOptions {
  readonly store: Store;
  readonly sessions: SessionStore;
  readonly clock: Clock;
  /** `PAGE_BYTES_MAX` by default. */
  readonly pageBytesMax?: number;
}

/** Profiles read at a time. */
const KEYS_PER_READ = 1_000;

/** What the properties of one page may come to; a text of twice that cannot be made. */
const PAGE_BYTES_MAX = 268_435_456;

interface Opened {
  readonly session: Session;
  /** Undefined when another request opened the session. */
  readonly frozen: FrozenKeys | undefined;
  /** The profiles of all keys, where they are known already. */
  readonly rows?: readonly ProfileRow[];
}

/** Reads pages. It remembers which sessions are being opened again, so that each is opened once. */
export class Pager {
  readonly #options: PagerOptions;
  readonly #reopening = new Map<string, Promise<Opened>>();

  constructor(options: PagerOptions) {
    this.#options = options;
  }

  /**
   * Reads one page.
   *
   * @throws `query.session_required` for a later page without a session
   * @throws `query.session_missing` for an unknown session, when the request does not repeat its query
   */
  async read(request: PageRequest, signal: AbortSignal): Promise<Page> {
    const { sessionId, owner, page } = request;
    if (sessionId === undefined) {
      if (page > 0) throw fail("query.session_required", {});
      return this.#pageOf(await this.#open(undefined, request, signal), page, signal);
    }
    const session = await this.#options.sessions.find(owner, sessionId);
    if (session !== undefined) {
      const keys = await this.#options.sessions.keys(session, page);
      if (keys !== undefined) return this.#rows(session, page, keys, signal);
    }
    return this.#pageOf(await this.#reopen(sessionId, request, signal), page, signal);
  }

  /** Opens a session that is gone under its old id, once for all who ask for it at the same time. */
  async #reopen(id: string, request: PageRequest, signal: AbortSignal): Promise<Opened> {
    if (!(request.repeatsQuery && isSessionId(id))) throw fail("query.session_missing", {});
    const name = `${request.owner.projectId}/${request.owner.workspaceId}/${id}`;
    for (;;) {
      const underWay = this.#reopening.get(name);
      if (underWay === undefined) break;
      try {
        return await underWay;
      } catch (failure) {
        // Whoever asked first may have gone away or made a mistake; that is not this request's fault.
        if (signal.aborted) throw failure;
      }
    }
    const opening = this.#openUnlessOpen(id, request, signal);
    this.#reopening.set(name, opening);
    try {
      return await opening;
    } finally {
      this.#reopening.delete(name);
    }
  }

  async #openUnlessOpen(id: string, request: PageRequest, signal: AbortSignal): Promise<Opened> {
    // It may have been opened again just before this request's turn.
    const session = await this.#options.sessions.find(request.owner, id);
    if (session !== undefined) return { session, frozen: undefined };
    return this.#open(id, request, signal);
  }

  /** @param id of a session that is opened again */
  async #open(id: string | undefined, request: PageRequest, signal: AbortSignal): Promise<Opened> {
    const { store, sessions, clock } = this.#options;
    const query = await request.plan();
    const rows = isLookUp(query, request.pageSize)
      ? this.#bounded(await abortable(store.find(query.scope, query.distinctIds), signal))
      : undefined;
    const frozen =
      rows === undefined
        ? await abortable(store.freeze(query, signal), signal)
        : keysInOrder(Uint32Array.from(rows, ({ key }) => key));
    const draft = {
      scope: query.scope,
      workspaceId: request.owner.workspaceId,
      pageSize: request.pageSize,
      total: frozen.count,
      outputProperties: request.outputProperties,
      includesStrangers: query.includesStrangers,
      createdAtMs: clock.now(),
    };
    const sealed = id === undefined ? sessions.seal(draft, frozen) : undefined;
    const session = sealed ?? { ...draft, id: id ?? newSessionId(draft.createdAtMs) };
    if (sealed === undefined) await sessions.add(session, frozen);
    return { session, frozen, ...(rows !== undefined && { rows }) };
  }

  async #pageOf(
    { session, frozen, rows }: Opened,
    page: number,
    signal: AbortSignal,
  ): Promise<Page> {
    const { pageSize } = session;
    const start = page * pageSize;
    if (rows !== undefined) {
      const shown = rows.slice(start, start + pageSize);
      return { session, page, shownSize: pageSize, rows: shown };
    }
    const keys =
      page === 0 ? frozen?.first(pageSize) : await this.#options.sessions.keys(session, page);
    const wanted = keys ?? (await this.#options.sessions.keys(session, page));
    if (wanted === undefined) throw fail("query.session_missing", {});
    return this.#rows(session, page, wanted, signal);
  }

  async #rows(
    session: Session,
    page: number,
    keys: ProfileKeys,
    signal: AbortSignal,
  ): Promise<Page> {
    if (keys.length === 0) return { session, page, shownSize: session.pageSize, rows: [] };
    const rows = await abortable(this.#read(session, keys), signal);
    return { session, page, shownSize: shownSize(session, page, keys.length, rows.length), rows };
  }

  /** Reads part by part, so that large profiles end in an error while there is memory left. */
  async #read(
    { scope, includesStrangers }: Session,
    keys: ProfileKeys,
  ): Promise<readonly ProfileRow[]> {
    const rows: ProfileRow[] = [];
    let length = 0;
    for (let start = 0; start < keys.length; start += KEYS_PER_READ) {
      const wanted = keys.subarray(start, start + KEYS_PER_READ);
      const part = await this.#options.store.read(scope, wanted, includesStrangers);
      length = this.#addLengths(length, part);
      rows.push(...part);
    }
    return rows;
  }

  #bounded(rows: readonly ProfileRow[]): readonly ProfileRow[] {
    this.#addLengths(0, rows);
    return rows;
  }

  /** @throws `query.page_too_large` when the properties come to more than one page may */
  #addLengths(length: number, rows: readonly ProfileRow[]): number {
    const { pageBytesMax: bytesMax = PAGE_BYTES_MAX } = this.#options;
    const sum = rows.reduce((total, { propertiesJson }) => total + propertiesJson.length, length);
    if (sum > bytesMax) throw fail("query.page_too_large", { bytesMax });
    return sum;
  }
}

/** Whether a query asks for nothing but the profiles of a page of ids. */
function isLookUp(
  query: ProfileQuery,
  pageSize: number,
): query is ProfileQuery & { readonly distinctIds: readonly string[] } {
  const { distinctIds, selectors, sort, limit, includesStrangers } = query;
  const isPlain = selectors.length === 0 && sort === undefined && limit === undefined;
  const countMax = Math.min(pageSize, KEYS_PER_READ);
  const isOnePage = distinctIds !== undefined && distinctIds.length <= countMax;
  return isOnePage && isPlain && !includesStrangers;
}

/** The size of the first page is never 0, because clients divide by it. */
function shownSize(
  { pageSize }: Session,
  page: number,
  keyCount: number,
  rowCount: number,
): number {
  if (keyCount < pageSize) return pageSize;
  return page === 0 ? Math.max(1, rowCount) : rowCount;
}
