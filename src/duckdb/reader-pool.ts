/**
 * Connections that read, each for one caller at a time.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";

/** Gives connections out; who asks for one too many waits its turn. */
export class ReaderPool {
  readonly #connect: () => Promise<DuckDBConnection>;
  readonly #max: number;
  #idle: DuckDBConnection[] = [];
  #count = 0;
  readonly #waiting: ((connection: DuckDBConnection) => void)[] = [];

  constructor(connect: () => Promise<DuckDBConnection>, max: number) {
    this.#connect = connect;
    this.#max = max;
  }

  /** Whether nobody has a connection. */
  get isIdle(): boolean {
    return this.#idle.length === this.#count;
  }

  async acquire(): Promise<DuckDBConnection> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#count >= this.#max) {
      return new Promise((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    this.#count++;
    try {
      return await this.#connect();
    } catch (error) {
      this.#count--;
      throw error;
    }
  }

  release(connection: DuckDBConnection): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(connection);
    else next(connection);
  }

  /** Forgets and gives all connections; nobody may have one. */
  takeAll(): readonly DuckDBConnection[] {
    const taken = this.#idle;
    this.#idle = [];
    this.#count = 0;
    return taken;
  }
}
