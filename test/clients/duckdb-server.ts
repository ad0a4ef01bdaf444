/**
 * A server over DuckDB in a temporary folder, on a socket, as a client finds it.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "../support/server.ts";

/** A server that listens. */
export interface ListeningServer extends TestServer {
  /** `http://127.0.0.1:49152` */
  readonly origin: string;
  /** Holds the profiles, and the sessions in a folder of their own. */
  readonly folder: string;
  /** Stops it and leaves its folder. */
  halt(): Promise<void>;
  /** Stops it and removes its folder. */
  end(): Promise<void>;
}

/** Starts a server. End it in `afterAll`. */
export async function startListening(options: TestServerOptions = {}): Promise<ListeningServer> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "whom-duckdb-")));
  const store = await DuckdbStore.open(join(folder, "whom.duckdb"));
  const server = await startTestServer({ ...options, store, folder: join(folder, "sessions") });
  const origin = await server.listen("127.0.0.1", 0);
  return {
    ...server,
    folder,
    origin,
    halt: () => server.stop(),
    end: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A request as it goes over the wire; nothing is added to its headers but the host and a length. */
export interface SocketRequest {
  readonly method?: "GET" | "POST" | "OPTIONS";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** An answer as it came over the wire. */
export interface SocketAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Sends a request over a connection of its own. `fetch` would leave out or change some of its headers. */
export function send(
  { origin }: Pick<ListeningServer, "origin">,
  { method = "POST", path, headers = {}, body = "" }: SocketRequest,
): Promise<SocketAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${origin}${path}`, { method, headers, agent: false });
    request.once("error", reject);
    request.once("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    request.end(body);
  });
}

/** The properties of a profile as a client reads them; of a user, or of a group. */
export async function readProfile(
  server: ListeningServer,
  id: string,
  groupKey?: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const form = new URLSearchParams({ distinct_id: id });
  if (groupKey !== undefined) form.set("data_group_id", groupKey);
  const { status, body } = await send(server, {
    path: "/api/query/engage",
    headers: {
      authorization: server.secretAuthorization,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: form.toString(),
  });
  if (status !== 200) throw new Error(`${status}: ${body}`);
  const { results } = JSON.parse(body) as {
    readonly results: readonly { readonly $properties: Readonly<Record<string, unknown>> }[];
  };
  return results[0]?.$properties;
}
