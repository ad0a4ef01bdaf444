/**
 * One DuckDB instance over one file, and connections to it that run one statement at a time.
 *
 * @module
 */
import { renameSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { fail, WhomError } from "../errors/error.ts";
import { copyBytes } from "./backup.ts";
import { engineError } from "./engine-budget.ts";
import {
  attach,
  attachStatement,
  type EngineOptions,
  realFile,
  removeFile,
} from "./engine-file.ts";
import { dropPrepared, keepPrepared, type Writes } from "./prepared.ts";
import { ReaderPool } from "./reader-pool.ts";

export type { EngineOptions } from "./engine-file.ts";

/** Queries that may run at once; more wait their turn, as they would only take the cores from each other. */
const READERS_MAX = 4;

/** Readers kept for look-ups and pages, which must not wait behind queries that take long. */
const QUICK_READERS_MAX = 4;

/** Results that may be streamed at once; each holds a connection for as long as its client reads. */
const STREAMS_MAX = 32;

/** Files this process has open: DuckDB would open one twice and corrupt it. */
const OPEN_FILES = new Set<string>();

/** A result that is streamed. */
interface Stream {
  /** Undefined until it is connected, and once it is over. */
  connection: DuckDBConnection | undefined;
  /** Whether its client has a part in hand, so that nothing runs. */
  isWaiting: boolean;
}

/** A database file, its writer and its readers. */
export class Database {
  #instance: DuckDBInstance;
  readonly #file: string;
  readonly #options: EngineOptions;
  #writer: DuckDBConnection;
  readonly #readers = new ReaderPool(() => this.#connectReader(), READERS_MAX);
  readonly #quickReaders = new ReaderPool(() => this.#connectReader(), QUICK_READERS_MAX);
  readonly #aheadReaders = new ReaderPool(() => this.#connectReader(), 1);
  readonly #streams = new Set<Stream>();
  /** Set while the file is replaced: whoever wants to read waits for it. */
  #replacing: Promise<void> | undefined;
  /** Kept open until the engine lets go of the file: closing it would give up the lock of the whole process. */
  #copied: FileHandle | undefined;
  #onIdle: (() => void) | undefined;
  #closed: boolean = false;
  readonly #writes: Writes = { count: 0, isWriting: false };

  private constructor(
    instance: DuckDBInstance,
    file: string,
    writer: DuckDBConnection,
    options: EngineOptions,
  ) {
    this.#instance = instance;
    this.#file = file;
    this.#writer = writer;
    this.#options = options;
  }

  /** The only connection that writes. */
  get writer(): DuckDBConnection {
    return this.#writer;
  }

  /** Whether a write is under way, so that what is planned now may be out of date when it runs. */
  get isWriting(): boolean {
    return this.#writes.isWriting;
  }

  /** How many writes have ended, whatever came of them. */
  get writeCount(): number {
    return this.#writes.count;
  }

  /** The path, or `:memory:`. */
  get file(): string {
    return this.#file;
  }

  /**
   * Opens or makes a database file; `:memory:` keeps nothing.
   *
   * @throws `data.folder_busy` when a process has it open, `data.folder_unusable` otherwise
   */
  static async open(file: string, options: EngineOptions = {}): Promise<Database> {
    const path = file === ":memory:" ? file : realFile(file);
    if (OPEN_FILES.has(path)) {
      throw fail("data.folder_busy", { folder: path, holder: "this process" });
    }
    const { instance, writer } = await attach(path, options);
    if (path !== ":memory:") OPEN_FILES.add(path);
    return new Database(instance, path, writer, options);
  }

  /** Runs a function with the connection that writes; one at a time, as two transactions that write would conflict. */
  async write<Result>(use: (writer: DuckDBConnection) => Promise<Result>): Promise<Result> {
    if (this.#closed) throw fail("data.closed", {});
    this.#writes.isWriting = true;
    try {
      return await use(this.#writer);
    } finally {
      this.#writes.count++;
      this.#writes.isWriting = false;
    }
  }

  /** Runs a function with a connection of its own; an abort interrupts what it runs. */
  read<Result>(
    use: (connection: DuckDBConnection) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    return this.#readWith(this.#readers, use, signal);
  }

  /** As `read`, for what takes no more than some milliseconds: it waits only for its like. */
  readQuickly<Result>(use: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
    return this.#readWith(this.#quickReaders, use, undefined);
  }

  /** As `read`, for what the next write needs: it waits for nobody who only reads. */
  readAhead<Result>(use: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
    return this.#readWith(this.#aheadReaders, use, undefined);
  }

  async #readWith<Result>(
    pool: ReaderPool,
    use: (connection: DuckDBConnection) => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    signal?.throwIfAborted();
    const connection = await this.#acquire(pool);
    const interrupt = () => connection.interrupt();
    signal?.addEventListener("abort", interrupt, { once: true });
    try {
      signal?.throwIfAborted();
      return await use(connection);
    } catch (error) {
      signal?.throwIfAborted();
      throw engineFailure(error);
    } finally {
      signal?.removeEventListener("abort", interrupt);
      pool.release(connection);
      this.#tellIdle();
    }
  }

  /**
   * What a function yields over a connection of its own, all of one state of the file.
   *
   * @throws `data.too_many_streams` when too many are read already
   */
  async *stream<Item>(
    use: (connection: DuckDBConnection) => AsyncIterable<Item>,
    signal?: AbortSignal,
  ): AsyncGenerator<Item> {
    signal?.throwIfAborted();
    // Nothing is awaited between the last look and being counted: no replacement can begin in between.
    while (this.#replacing !== undefined) await this.#replacing;
    if (this.#closed) throw fail("data.closed", {});
    if (this.#streams.size >= STREAMS_MAX) {
      throw fail("data.too_many_streams", { countMax: STREAMS_MAX });
    }
    const stream: Stream = { connection: undefined, isWaiting: false };
    this.#streams.add(stream);
    const interrupt = () => stream.connection?.interrupt();
    signal?.addEventListener("abort", interrupt, { once: true });
    try {
      const connection = await this.#instance.connect();
      stream.connection = connection;
      await connection.run("use whom");
      await connection.run("begin transaction read only");
      for await (const item of use(connection)) {
        if (this.#closed) throw fail("data.closed", {});
        stream.isWaiting = true;
        yield item;
        stream.isWaiting = false;
        if (stream.connection === undefined) throw fail("data.closed", {});
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw engineFailure(error);
    } finally {
      signal?.removeEventListener("abort", interrupt);
      this.#endStream(stream);
    }
  }

  #endStream(stream: Stream): void {
    if (stream.connection !== undefined) closeConnection(stream.connection);
    stream.connection = undefined;
    this.#streams.delete(stream);
    this.#tellIdle();
  }

  /** Copies the file, with everything that was committed. Called while nobody else writes; others may read. */
  async copyTo(path: string): Promise<void> {
    await this.#writer.run("checkpoint whom");
    this.#copied ??= await open(this.#file, "r");
    await copyBytes(this.#copied, path);
  }

  /**
   * Puts another file in the place of this one, while nobody reads or writes.
   *
   * @param write fills the new file, attached as `fresh`, from this one
   */
  async replace(write: (connection: DuckDBConnection) => Promise<void>): Promise<void> {
    if (this.#file === ":memory:" || this.#closed) return;
    let done: (() => void) | undefined;
    this.#replacing = new Promise((resolve) => {
      done = resolve;
    });
    try {
      await this.#allIdle();
      const fresh = `${this.#file}.compact`;
      removeFile(fresh);
      await this.#writer.run(attachStatement(fresh, "fresh"));
      try {
        await write(this.#writer);
        await this.#writer.run("use whom");
        await this.#writer.run("checkpoint fresh");
        await this.#writer.run("checkpoint whom");
      } catch (error) {
        await this.#writer.run("use whom").catch(() => undefined);
        await this.#writer.run("detach fresh").catch(() => undefined);
        removeFile(fresh);
        throw error;
      }
      await this.#releaseAll();
      try {
        renameSync(fresh, this.#file);
      } finally {
        await this.#attachAgain();
      }
    } finally {
      this.#replacing = undefined;
      done?.();
    }
  }

  /** A file that cannot be opened again counts as closed. */
  async #attachAgain(): Promise<void> {
    try {
      const { instance, writer } = await attach(this.#file, this.#options);
      this.#instance = instance;
      this.#writer = writer;
    } catch (error) {
      this.#closed = true;
      OPEN_FILES.delete(this.#file);
      throw error;
    }
  }

  async #releaseAll(): Promise<void> {
    for (const pool of this.#pools()) pool.takeAll().forEach(closeConnection);
    closeConnection(this.#writer);
    this.#instance.closeSync();
    await this.#copied?.close();
    this.#copied = undefined;
  }

  /** Resolves once no reader is at work. */
  async #allIdle(): Promise<void> {
    while (this.#streams.size > 0 || this.#pools().some(({ isIdle }) => !isIdle)) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
  }

  #pools(): readonly ReaderPool[] {
    return [this.#readers, this.#quickReaders, this.#aheadReaders];
  }

  #tellIdle(): void {
    this.#onIdle?.();
    this.#onIdle = undefined;
  }

  async #acquire(pool: ReaderPool): Promise<DuckDBConnection> {
    while (this.#replacing !== undefined) await this.#replacing;
    if (this.#closed) throw fail("data.closed", {});
    try {
      return await pool.acquire();
    } catch (error) {
      this.#tellIdle();
      throw engineFailure(error);
    }
  }

  async #connectReader(): Promise<DuckDBConnection> {
    const connection = await this.#instance.connect();
    await connection.run("use whom");
    keepPrepared(connection, this.#writes);
    return connection;
  }

  /** Lets readers finish, ends streams, folds the log into the file and lets it go. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // A stream whose client never comes back would keep the file open for ever.
    for (const stream of this.#streams) if (stream.isWaiting) this.#endStream(stream);
    await this.#allIdle();
    try {
      await this.#writer.run("checkpoint whom");
    } finally {
      await this.#releaseAll();
      OPEN_FILES.delete(this.#file);
    }
  }
}

/** Closes a connection, and before it the statements it keeps. */
function closeConnection(connection: DuckDBConnection): void {
  dropPrepared(connection);
  connection.closeSync();
}

/** What the engine threw, as an error somebody can act on. */
export function engineFailure(error: unknown): unknown {
  if (error instanceof WhomError || !(error instanceof Error)) return error;
  if (error.name === "AbortError") return error;
  return engineError(error);
}
