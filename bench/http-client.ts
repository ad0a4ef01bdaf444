/**
 * Requests over connections that stay open, at little cost for who measures.
 *
 * @module
 */
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";

/** A request; without a body it is a GET. */
export interface ClientRequest {
  readonly path: string;
  readonly body?: string;
  readonly headers?: OutgoingHttpHeaders;
}

/** An answer, read to its end. */
export interface ClientAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** A client of one server. */
export class HttpClient {
  readonly #origin: URL;
  readonly #headers: OutgoingHttpHeaders;
  readonly #agent: Agent;

  constructor(
    origin: string,
    headers: OutgoingHttpHeaders = {},
    connections: number = Number.POSITIVE_INFINITY,
  ) {
    this.#origin = new URL(origin);
    this.#headers = headers;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Sends a request and reads the whole answer. */
  async send(asked: ClientRequest): Promise<ClientAnswer> {
    const response = await this.open(asked);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode ?? 0, body: Buffer.concat(chunks) };
  }

  /** Sends a request and gives the answer to be read as it comes. */
  open({ path, body, headers }: ClientRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request({
        agent: this.#agent,
        host: this.#origin.hostname,
        port: this.#origin.port,
        path,
        method: body === undefined ? "GET" : "POST",
        headers: {
          ...this.#headers,
          ...(body === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
          ...headers,
        },
      });
      sent.once("error", reject);
      sent.once("response", resolve);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
