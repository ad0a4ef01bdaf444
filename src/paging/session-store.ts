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
import type { FrozenKeys } from "../store/frozen-keys.ts";
import type { ProfileKeys } from "../store/store.ts";
import { PendingSessions } from "./pending-sessions.ts";
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
import { type OpenSession, SessionSeal } from "./session-seal.ts";

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
  readonly #seal: SessionSeal;
  readonly #pending = new PendingSessions();
  readonly #sweeper: NodeJS.Timeout;
  /** File operations nobody waits for, until the store closes. */
  readonly #background = new Set<Promise<void>>();
  /** Files on their way out, by name. */
  readonly #removals = new Map<string, Promise<void>>();

  private constructor(options: SessionStoreOptions, seal: SessionSeal) {
    this.#options = options;
    this.#seal = seal;
    this.#index = new SessionIndex(options);
    this.#sweeper = setInterval(() => this.sweep(), SWEEP_INTERVAL_MS);
    this.#sweeper.unref();
  }

  /** Opens the folder, makes it when missing, and finds the sessions in it. */
  static async open(options: SessionStoreOptions): Promise<SessionStore> {
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    const store = new SessionStore(options, await SessionSeal.of(options.folder));
    await store.#list();
    return store;
  }

  /** How many sessions are open. */
  get count(): number {
    return this.#index.count + this.#pending.count;
  }

  /** The bytes of disk they take. */
  get bytes(): number {
    return this.#index.bytes;
  }

  /** The session with an id that holds it, if its keys are so few that it needs no file. */
  seal(draft: Omit<Session, "id">, keys: FrozenKeys): Session | undefined {
    return this.#seal.seal(draft, keys);
  }

  /**
   * Keeps a session and its keys; others may have to make room.
   *
   * It resolves before the file is written. A session that could not be written has no later pages.
   */
  async add(session: Session, keys: FrozenKeys): Promise<void> {
    const onePage = session.total <= session.pageSize;
    const file = fileOf(ownerOf(session), session.id, onePage);
    await this.#pending.add(file, session, keys, async (ordered, usedAtMs) => {
      try {
        // A session that expired may be on its way out under the same name.
        await this.#removals.get(file);
        this.#insert(await writeSession(this.#path(file), session, ordered), file, usedAtMs);
      } catch (failure) {
        const reason = failure instanceof Error ? failure.message : String(failure);
        this.#options.warn("session not written", { file, reason });
        throw failure;
      }
    });
  }

  /** The session with this id, if it is the owner's and has not expired; it counts as used. */
  async find(owner: SessionOwner, id: string): Promise<Session | undefined> {
    const sealed = this.#sealed(owner, id);
    if (sealed !== undefined) return sealed.session;
    const nowMs = this.#options.clock.now();
    const waiting = this.#pending.use(filesOf(owner, id), nowMs - this.#options.idleMs, nowMs);
    if (waiting !== undefined) return waiting;
    const entry = this.#entry(owner, id);
    if (entry === undefined) return undefined;
    const stored = await this.#stored(entry);
    if (stored === undefined || stored.session.id !== id) return undefined;
    this.#use(entry);
    return stored.session;
  }

  /**
   * The keys of one page, counted from 0; undefined when the session is gone.
   *
   * @param size how long pages are taken to be
   * @throws `data.folder_unusable` when the session could not be written
   */
  async keys(
    session: Session,
    page: number,
    size: number = session.pageSize,
  ): Promise<ProfileKeys | undefined> {
    if (page * size >= session.total) return new Uint32Array(0);
    const owner = ownerOf(session);
    const sealed = this.#sealed(owner, session.id);
    if (sealed !== undefined) return sealed.keys.subarray(page * size, (page + 1) * size);
    const waiting = await this.#pending.keys(filesOf(owner, session.id), page, size);
    if (waiting === "lost") {
      throw fail("data.folder_unusable", { folder: "the session folder", reason: "write failed" });
    }
    if (waiting !== undefined) return waiting;
    const entry = this.#entry(owner, session.id);
    if (entry === undefined) return undefined;
    const stored = await this.#stored(entry);
    if (stored === undefined) return undefined;
    return this.#reading(entry, () => readPage(this.#path(entry.file), stored, page, size));
  }

  /** Resolves when every session is in its file. */
  settled(): Promise<void> {
    return this.#pending.settled();
  }

  /** Removes the sessions that have expired. */
  sweep(): void {
    const nowMs = this.#options.clock.now();
    this.#drop(this.#index.takeExpired(nowMs));
    this.#pending.sweep(nowMs - this.#options.idleMs);
  }

  /** Finishes what is under way; the sessions stay in the folder. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    await this.#pending.settled();
    await Promise.all(this.#background);
  }

  #insert(stored: StoredSession, file: string, usedAtMs: number): void {
    const entry: SessionEntry = {
      file,
      projectId: stored.session.scope.projectId,
      onePage: stored.session.total <= stored.session.pageSize,
      bytes: fileBytes(stored),
      lastUsedAtMs: usedAtMs,
      touchedAtMs: usedAtMs,
      stored: stored.keysOffset <= KEPT_HEADER_BYTES_MAX ? stored : undefined,
    };
    this.#index.add(entry);
    this.#drop(this.#index.takeExcess(entry));
  }

  /** A session that stands in its id, if it is the owner's and has not expired. */
  #sealed(owner: SessionOwner, id: string): OpenSession | undefined {
    const opened = this.#seal.open(id);
    if (opened === undefined) return undefined;
    const { scope, workspaceId, createdAtMs } = opened.session;
    const isOwn = scope.projectId === owner.projectId && workspaceId === owner.workspaceId;
    const isOld = this.#options.clock.now() - createdAtMs > this.#options.idleMs;
    return isOwn && !isOld ? opened : undefined;
  }

  #entry(owner: SessionOwner, id: string): SessionEntry | undefined {
    if (!isSessionId(id)) return undefined;
    const entry = this.#index.find(owner.projectId, filesOf(owner, id));
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

/** The files that a session may have. */
function filesOf(owner: SessionOwner, id: string): readonly string[] {
  return [fileOf(owner, id, false), fileOf(owner, id, true)];
}

function fileOf(owner: SessionOwner, id: string, onePage: boolean): string {
  const hash = createHash("sha256").update(id).digest("hex").slice(0, 32);
  return `${owner.projectId}-${owner.workspaceId}-${hash}.${onePage ? "one" : "many"}`;
}
