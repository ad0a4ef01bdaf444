/**
 * A Whom server in a process of its own, over a data folder made for the run.
 *
 * `WHOM_BIN` names another command than the one of this checkout, so that two builds can be compared.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { HttpClient } from "./http-client.ts";

const WHOM = process.env["WHOM_BIN"] ?? fileURLToPath(new URL("../bin/whom.cjs", import.meta.url));

const START_MS_MAX = 60_000;
const POLL_MS = 10;

/** What `whom init --json` prints. */
export interface Credentials {
  readonly project_id: number;
  readonly token: string;
  readonly api_secret: string;
  readonly service_account: { readonly username: string; readonly secret: string };
}

/** Runs a command of the CLI to its end and gives what it printed. */
export function whom(...args: readonly string[]): string {
  return execFileSync(process.execPath, [WHOM, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** A running server. */
export class BenchServer {
  readonly url: string;
  /** The header that proves the service account. */
  readonly authorization: string;
  readonly #process: ChildProcess;
  readonly #client: HttpClient;

  private constructor(url: string, process: ChildProcess, credentials: Credentials) {
    this.url = url;
    this.#process = process;
    const { username, secret } = credentials.service_account;
    this.authorization = `Basic ${Buffer.from(`${username}:${secret}`).toString("base64")}`;
    this.#client = new HttpClient(url, { authorization: this.authorization });
  }

  /** Starts a server, with more flags if need be; resolves once it answers. */
  static async start(
    data: string,
    credentials: Credentials,
    ...flags: readonly string[]
  ): Promise<BenchServer> {
    const port = await freePort();
    const child = spawn(
      process.execPath,
      [WHOM, "serve", "--data", data, "--port", String(port), "--log-level", "warn", ...flags],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    const server = new BenchServer(`http://127.0.0.1:${port}`, child, credentials);
    const deadline = Date.now() + START_MS_MAX;
    while (!(await server.isReady())) {
      if (Date.now() > deadline || child.exitCode !== null) throw new Error("no server");
      await sleep(POLL_MS);
    }
    return server;
  }

  /** Whether it answers. */
  async isReady(): Promise<boolean> {
    return this.#client.send({ path: "/health/ready" }).then(
      ({ status }) => status === 200,
      () => false,
    );
  }

  /** One request to the query API; the body's text. */
  async query(projectId: number, parameters: Readonly<Record<string, unknown>>): Promise<string> {
    return this.post(`/api/query/engage?project_id=${projectId}`, parameters);
  }

  /** One request with a JSON body; the answer's text. */
  async post(path: string, parameters: Readonly<Record<string, unknown>>): Promise<string> {
    const { status, body } = await this.#client.send({ path, body: JSON.stringify(parameters) });
    const text = body.toString("utf8");
    if (status !== 200) throw new Error(`${status}: ${text.slice(0, 500)}`);
    return text;
  }

  /** What the server counts, as Prometheus reads it. */
  async metrics(): Promise<string> {
    return (await this.#client.send({ path: "/metrics" })).body.toString("utf8");
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async stop(): Promise<void> {
    this.#client.close();
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await exited;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
