/**
 * A Whom server in a process of its own, over a data folder made for the run.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const WHOM = fileURLToPath(new URL("../bin/whom.cjs", import.meta.url));

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
  readonly #process: ChildProcess;
  readonly #authorization: string;

  private constructor(url: string, process: ChildProcess, credentials: Credentials) {
    this.url = url;
    this.#process = process;
    const { username, secret } = credentials.service_account;
    this.#authorization = `Basic ${Buffer.from(`${username}:${secret}`).toString("base64")}`;
  }

  /** Starts a server; resolves once it answers. */
  static async start(data: string, credentials: Credentials): Promise<BenchServer> {
    const port = await freePort();
    const child = spawn(
      process.execPath,
      [WHOM, "serve", "--data", data, "--port", String(port), "--log-level", "warn"],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    const server = new BenchServer(`http://127.0.0.1:${port}`, child, credentials);
    const deadline = Date.now() + 60_000;
    for (;;) {
      const isReady = await fetch(`${server.url}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isReady) return server;
      if (Date.now() > deadline || child.exitCode !== null) throw new Error("no server");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** One request to the query API; the body's text. */
  async query(projectId: number, parameters: Readonly<Record<string, unknown>>): Promise<string> {
    const response = await fetch(`${this.url}/api/query/engage?project_id=${projectId}`, {
      method: "POST",
      headers: { authorization: this.#authorization, "content-type": "application/json" },
      body: JSON.stringify(parameters),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status}: ${text.slice(0, 500)}`);
    return text;
  }

  /** The server's resident memory, in bytes. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async stop(): Promise<void> {
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
