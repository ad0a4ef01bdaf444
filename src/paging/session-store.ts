/**
 * Sessions in a folder: one file each, found again after a restart or a kill.
 *
 * A file's name holds its project, its workspace and a hash of the session's id, so that no text a client
 * sends ever becomes part of a path, and a session of another project or workspace cannot be found.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, stat, unlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { fail } from "../errors/error.ts";
import type { ProfileKeys } from "../store/store.ts";
import { isSessionId, type Session, type SessionOwner } from "./session.ts";
import {
  DamagedSession,
  fileBytes,
  readPage,
  readSession,
  type StoredSession,
  writeSession,
} from "./session-file.ts";
import { type SessionEntry, SessionIndex, type SessionLimits } from "./session-index.ts";

/** A session expires when it was not used for so long. */
export const SESSION_IDLE_MS: number = 2 * 60 * 60 * 1000;
/** So many sessions of one project are kept. */
export const SESSIONS_PER_PROJECT_MAX = 10_000;
/** So many bytes all sessions together may take. */
export const SESSION_BYTES_MAX: number = 4 * 1024 ** 3;

/** What a store of sessions needs. */
export interface SessionStoreOptions extends SessionLimits {
  readonly folder: string;
  readonly clock: Clock;
  /** Hears of files that had to go or could not be written. */
  readonly warn: (message: string, facts: Readonly<Record<string, unknown>>) => void;
}

/** A file is told that its session is in use at most this often: a restart may take so much off its life. */
const TOUCH_INTERVAL_MS = 5 * 60 * 1000;
const SWEEP_INTERVAL_MS = 60 * 1000;
/** A session's header is kept in memory up to this size: its output properties can be long. */
const KEPT_HEADER_BYTES_MAX = 1024;

const FILE_NAME = /^(\d{1,15})-(\d{1,15})-[0-9a-f]{32}\.(one|many)$/;

/** Holds the sessions of a data folder. Only one may be open on a folder. */
export class SessionStore {
  readonly #options: SessionStoreOptions;
  readonly #index: SessionIndex;
  readonly #sweeper: NodeJS.Timeout;
  /** File operations nobody waits for, until the store closes. */
  readonly #background = new Set<Promise<void>>();
  /** Files on their way out, by name. */
  readonly #removals = new Map<string, Promise<void>>();

  private constructor(options: SessionStoreOptions) {
    this.#options = options;
    this.#index = new SessionIndex(options);
    this.#sweeper = setInterval(() => this.sweep(), SWEEP_INTERVAL_MS);
    this.#sweeper.unref();
  }

  /** Opens the folder, makes it when missing, and finds the sessions in it. */
  static async open(options: SessionStoreOptions): Promise<SessionStore> {
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    const store = new SessionStore(options);
    await store.#list();
    return store;
  }

  /** How many sessions are open. */
  get count(): number {
    return this.#index.count;
  }

  /** The bytes of disk they take. */
  get bytes(): number {
    return this.#index.bytes;
  }

  /**
   * Keeps a session and its keys; others may have to make room.
   *
   * A result that fits on the first page is answered even when the disk is full: nobody will read on.
   *
   * @throws `data.folder_unusable` when a longer one cannot be written
   */
  async add(session: Session, keys: ProfileKeys): Promise<void> {
    const owner = ownerOf(session);
    const onePage = session.total <= session.pageSize;
    const file = fileOf(owner, session.id, onePage);
    try {
      // A session that expired may be on its way out under the same name.
      await this.#removals.get(file);
      this.#insert(await writeSession(this.#path(file), session, keys), file, onePage);
    } catch (failure) {
      const reason = failure instanceof Error ? failure.message : String(failure);
      this.#options.warn("session not written", { file, reason });
      if (!onePage) {
        throw fail("data.folder_unusable", {
          folder: "the session folder",
          reason: "write failed",
        });
      }
    }
  }

  /** The session with this id, if it is the owner's and has not expired; it counts as used. */
  async find(owner: SessionOwner, id: string): Promise<Session | undefined> {
    const entry = this.#entry(owner, id);
    if (entry === undefined) return undefined;
    const stored = await this.#stored(entry);
    if (stored === undefined || stored.session.id !== id) return undefined;
    this.#use(entry);
    return stored.session;
  }

  /** The keys of one page, counted from 0; undefined when the session is gone. */
  async keys(session: Session, page: number): Promise<ProfileKeys | undefined> {
    if (page * session.pageSize >= session.total) return new Uint32Array(0);
    const entry = this.#entry(ownerOf(session), session.id);
    if (entry === undefined) return undefined;
    const stored = await this.#stored(entry);
    if (stored === undefined) return undefined;
    return this.#reading(entry, () => readPage(this.#path(entry.file), stored, page));
  }

  /** Removes the sessions that have expired. */
  sweep(): void {
    this.#drop(this.#index.takeExpired(this.#options.clock.now()));
  }

  /** Finishes what is under way; the sessions stay in the folder. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    await Promise.all(this.#background);
  }

  #insert(stored: StoredSession, file: string, onePage: boolean): void {
    const nowMs = this.#options.clock.now();
    const entry: SessionEntry = {
      file,
      projectId: stored.session.scope.projectId,
      onePage,
      bytes: fileBytes(stored),
      lastUsedAtMs: nowMs,
      touchedAtMs: nowMs,
      stored: stored.keysOffset <= KEPT_HEADER_BYTES_MAX ? stored : undefined,
    };
    this.#index.add(entry);
    this.#drop(this.#index.takeExcess(entry));
  }

  #entry(owner: SessionOwner, id: string): SessionEntry | undefined {
    if (!isSessionId(id)) return undefined;
    const files = [fileOf(owner, id, false), fileOf(owner, id, true)];
    const entry = this.#index.find(owner.projectId, files);
    if (entry === undefined) return undefined;
    if (!this.#index.isExpired(entry, this.#options.clock.now())) return entry;
    if (this.#index.remove(entry)) this.#drop([entry]);
    return undefined;
  }

  async #stored(entry: SessionEntry): Promise<StoredSession | undefined> {
    if (entry.stored !== undefined) return entry.stored;
    const stored = await this.#reading(entry, () => readSession(this.#path(entry.file)));
    if (stored !== undefined && stored.keysOffset <= KEPT_HEADER_BYTES_MAX) entry.stored = stored;
    return stored;
  }

  /** Reads of a session's file; one that is gone or damaged makes the session unknown. */
  async #reading<Result>(
    entry: SessionEntry,
    read: () => Promise<Result>,
  ): Promise<Result | undefined> {
    try {
      return await read();
    } catch (failure) {
      const gone = (failure as NodeJS.ErrnoException).code === "ENOENT";
      if (!gone && !(failure instanceof DamagedSession)) throw failure;
      if (!this.#index.remove(entry)) return undefined;
      if (!gone) {
        const reason = (failure as Error).message;
        this.#options.warn("session file removed", { file: entry.file, reason });
      }
      this.#drop([entry]);
      return undefined;
    }
  }

  #use(entry: SessionEntry): void {
    const nowMs = this.#options.clock.now();
    this.#index.use(entry, nowMs);
    if (nowMs - entry.touchedAtMs < TOUCH_INTERVAL_MS) return;
    entry.touchedAtMs = nowMs;
    void this.#inBackground(utimes(this.#path(entry.file), nowMs / 1000, nowMs / 1000));
  }

  #drop(entries: readonly SessionEntry[]): void {
    for (const { file } of entries) {
      const removal = this.#inBackground(unlink(this.#path(file))).finally(() => {
        if (this.#removals.get(file) === removal) this.#removals.delete(file);
      });
      this.#removals.set(file, removal);
    }
  }

  #inBackground(operation: Promise<void>): Promise<void> {
    const settled: Promise<void> = operation
      .catch((failure: NodeJS.ErrnoException) => {
        if (failure.code !== "ENOENT") {
          this.#options.warn("session file not reached", { reason: failure.message });
        }
      })
      .finally(() => this.#background.delete(settled));
    this.#background.add(settled);
    return settled;
  }

  async #list(): Promise<void> {
    const entries: SessionEntry[] = [];
    const nowMs = this.#options.clock.now();
    for (const file of await readdir(this.#options.folder)) {
      const match = FILE_NAME.exec(file);
      if (match === null) {
        if (file.endsWith(".part")) await unlink(this.#path(file));
        continue;
      }
      const { size, mtimeMs } = await stat(this.#path(file));
      const usedAtMs = Math.min(mtimeMs, nowMs);
      entries.push({
        file,
        projectId: Number(match[1]),
        onePage: match[3] === "one",
        bytes: size,
        lastUsedAtMs: usedAtMs,
        touchedAtMs: usedAtMs,
        stored: undefined,
      });
    }
    entries.sort((left, right) => left.lastUsedAtMs - right.lastUsedAtMs);
    for (const entry of entries) this.#index.add(entry);
    this.sweep();
  }

  #path(file: string): string {
    return join(this.#options.folder, file);
  }
}

function ownerOf(session: Session): SessionOwner {
  return { projectId: session.scope.projectId, workspaceId: session.workspaceId };
}

function fileOf(owner: SessionOwner, id: string, onePage: boolean): string {
  const hash = createHash("sha256").update(id).digest("hex").slice(0, 32);
  return `${owner.projectId}-${owner.workspaceId}-${hash}.${onePage ? "one" : "many"}`;
}
