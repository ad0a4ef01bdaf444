/**
 * GET requests over sockets that stay open, without the work of a whole HTTP client.
 *
 * At thousands of requests a second on the machine that is measured, a client must cost little. This one takes answers with a
 * `content-length`, which those of the query API have.
 *
 * @module
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const HEAD_END = "\r\n\r\n";
const LENGTH = /\r\ncontent-length: (\d+)/i;
/** `HTTP/1.1 200 OK` */
const STATUS_AT = 9;

/** An answer whose characters are the bytes that came. */
export interface WireAnswer {
  readonly status: number;
  readonly body: string;
}

/** Connections to one server; a request waits until one is free. */
export class Wire {
  readonly #free: Connection[];
  readonly #all: readonly Connection[];
  readonly #waiting: ((connection: Connection) => void)[] = [];

  private constructor(connections: readonly Connection[]) {
    this.#all = connections;
    this.#free = [...connections];
  }

  static async connect(origin: string, authorization: string, count: number): Promise<Wire> {
    const { hostname, port, host } = new URL(origin);
    const head = `Host: ${host}\r\nAuthorization: ${authorization}${HEAD_END}`;
    const connections = Array.from({ length: count }, async () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      await once(socket, "connect");
      return new Connection(socket, head);
    });
    return new Wire(await Promise.all(connections));
  }

  async get(path: string): Promise<WireAnswer> {
    const connection =
      this.#free.pop() ??
      (await new Promise<Connection>((resolve) => {
        this.#waiting.push(resolve);
      }));
    try {
      return await connection.get(path);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(connection);
      else next(connection);
    }
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }
}

/** A socket with one request at a time. */
class Connection {
  readonly #socket: Socket;
  readonly #head: string;
  #text = "";
  #resolve: (answer: WireAnswer) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(socket: Socket, head: string) {
    this.#socket = socket;
    this.#head = head;
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => this.#read(chunk));
    socket.on("error", (error) => this.#reject(error));
    socket.on("close", () => this.#reject(new Error("the server closed the connection")));
  }

  get(path: string): Promise<WireAnswer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#socket.write(`GET ${path} HTTP/1.1\r\n${this.#head}`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: string): void {
    this.#text += chunk;
    const headEnd = this.#text.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const length = LENGTH.exec(this.#text.slice(0, headEnd))?.[1];
    if (length === undefined) {
      this.#reject(new Error(`no content-length: ${this.#text.slice(0, headEnd)}`));
      return;
    }
    const bodyAt = headEnd + HEAD_END.length;
    if (this.#text.length < bodyAt + Number(length)) return;
    const status = Number(this.#text.slice(STATUS_AT, STATUS_AT + 3));
    const body = this.#text.slice(bodyAt);
    this.#text = "";
    this.#resolve({ status, body });
  }
}
