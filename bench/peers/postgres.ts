/**
 * PostgreSQL over JSONB with its GIN index: a cluster of its own, in a folder, on a socket in it.
 *
 * It is asked through one `psql` that stays open, which reads answers faster than a driver that makes objects
 * of them. PostgreSQL does not run as root, so root runs it as the user that its package made.
 *
 * @module
 */
import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Statements } from "../questions/question.ts";
import { loadOnce, type Peer, type PeerAnswer, type PeerKind, type PeerSource } from "./peer.ts";

const VERSION = 15;
const PROGRAMS = ["initdb", "postgres", "psql"];
const START_MS_MAX = 60_000;
/** The bit of a folder's mode that lets others pass through it. */
const OTHERS_PASS = 0o001;

/** What a server of this size would be given: the sample fits in the buffers, and sorting in memory. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "",
  shared_buffers: "2GB",
  effective_cache_size: "6GB",
  work_mem: "256MB",
  maintenance_work_mem: "1GB",
  max_wal_size: "8GB",
  random_page_cost: "1.1",
  synchronous_commit: "off",
  jit: "off",
};

/** Ids are compared by their bytes, as everywhere else. Quote and delimiter are characters that JSON escapes. */
const loads = (sample: string): readonly string[] => [
  "create temp table lines (line jsonb)",
  `\\copy lines from '${sample}' with (format csv, quote e'\\x01', delimiter e'\\x02')`,
  `create table profiles as select (line->>'$distinct_id') collate "C" as distinct_id, line->'$properties' as properties from lines`,
  "alter table profiles add primary key (distinct_id)",
  "create index properties_gin on profiles using gin (properties)",
  "vacuum analyze profiles",
];

/** JSONB. */
export const POSTGRES: PeerKind = {
  name: "postgres",
  title: "PostgreSQL JSONB",
  missing: (folder) => {
    if (findPrograms() === undefined) {
      return `PostgreSQL ${VERSION} is not installed; on Debian: apt-get install postgresql-${VERSION}`;
    }
    const closed = closedFolder(folder);
    return closed === undefined ? undefined : `its user cannot pass through ${closed}: chmod o+x`;
  },
  open,
};

async function open({ sample, folder }: PeerSource): Promise<Peer> {
  const programs = findPrograms() ?? "";
  const home = join(folder, "postgres");
  const user = findUser();
  const cluster = join(home, "cluster");
  const statements = loads(sample);
  await loadOnce(home, statements.join(), async () => {
    mkdirSync(cluster);
    giveTo(user, cluster);
    const flags = ["-D", cluster, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C"];
    execFileSync(join(programs, "initdb"), [...flags, "--no-sync"], {
      ...user,
      cwd: cluster,
      stdio: ["ignore", "ignore", "inherit"],
    });
    const server = await Cluster.start(programs, cluster, user);
    for (const statement of statements) await server.session.ask(statement);
    await server.stop();
  });
  const server = await Cluster.start(programs, cluster, user);
  const [version] = (await server.session.ask("show server_version")).split(" ");
  return {
    name: "postgres",
    title: POSTGRES.title,
    engine: `PostgreSQL ${version?.trim()}`,
    ask: (asked) => answer(server.session, asked),
    close: () => server.stop(),
  };
}

async function answer(session: Psql, { answer: statement }: Statements): Promise<PeerAnswer> {
  const startedAt = performance.now();
  const text = await session.ask(statement);
  const ms = performance.now() - startedAt;
  const lines = text.split("\n").slice(0, -1);
  return { rows: lines.map((line) => line.split("\t")), documents: undefined, ms };
}

/** A running server and a session with it. */
class Cluster {
  readonly session: Psql;
  readonly #server: ChildProcess;
  readonly #socket: string;
  readonly #onExit: () => void;

  private constructor(server: ChildProcess, session: Psql, socket: string) {
    this.#server = server;
    this.session = session;
    this.#socket = socket;
    this.#onExit = () => server.kill("SIGINT");
    process.once("exit", this.#onExit);
  }

  static async start(programs: string, cluster: string, user: SpawnOptions): Promise<Cluster> {
    // The path of a socket may have a hundred characters, so it is not in the cluster's folder.
    const socket = mkdtempSync(join(tmpdir(), "whom-pg-"));
    giveTo(user, socket);
    const settings = Object.entries({ ...SETTINGS, unix_socket_directories: socket });
    const server = spawn(
      join(programs, "postgres"),
      ["-D", cluster, ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`])],
      { ...user, cwd: cluster, stdio: "ignore" },
    );
    const deadline = Date.now() + START_MS_MAX;
    for (;;) {
      const session = await Psql.connect(programs, socket);
      if (session !== undefined) return new Cluster(server, session, socket);
      if (Date.now() > deadline || server.exitCode !== null) {
        throw new Error(`PostgreSQL does not start in ${cluster}`);
      }
      await sleep(100);
    }
  }

  async stop(): Promise<void> {
    process.removeListener("exit", this.#onExit);
    this.session.end();
    const exited = once(this.#server, "exit");
    this.#server.kill("SIGINT");
    await exited;
    rmSync(this.#socket, { recursive: true, force: true });
  }
}

/** Printed after each answer. JSON and ids never hold it. */
const END = "\u001eend";

/** A `psql` that is asked one statement after the other. */
class Psql {
  readonly #process: ChildProcess;
  #chunks: string[] = [];
  #settle: (text: string) => void = () => {};
  #fail: (error: Error) => void = () => {};

  private constructor(child: ChildProcess) {
    this.#process = child;
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      this.#chunks.push(chunk);
      // The mark may come in two pieces.
      if (!this.#chunks.slice(-2).join("").endsWith(`${END}\n`)) return;
      this.#settle(this.#chunks.join("").slice(0, -END.length - 1));
    });
    child.once("exit", () => this.#fail(new Error("psql ended; its message stands above")));
  }

  /** @returns undefined when the server does not answer yet */
  static async connect(programs: string, socket: string): Promise<Psql | undefined> {
    const flags = ["-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", socket, "-U", "bench"];
    const child = spawn(join(programs, "psql"), [...flags, "-d", "postgres"], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.on("error", () => {});
    const session = new Psql(child);
    try {
      await session.ask("select 1");
    } catch {
      return undefined;
    }
    child.stderr.pipe(process.stderr);
    return session;
  }

  /** @returns the rows as lines, their columns parted by tabs */
  ask(statement: string): Promise<string> {
    this.#chunks = [];
    // What begins with a backslash is a command of `psql` and ends with its line.
    const end = statement.startsWith("\\") ? "" : ";";
    return new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
      this.#process.stdin?.write(`${statement}${end}\n\\echo ${END}\n`);
    });
  }

  end(): void {
    this.#process.stdin?.end();
  }
}

/** The folder of PostgreSQL's programs, which Debian keeps off the path. */
function findPrograms(): string | undefined {
  const path = (process.env["PATH"] ?? "").split(":");
  return [`/usr/lib/postgresql/${VERSION}/bin`, ...path].find((folder) =>
    PROGRAMS.every((program) => existsSync(join(folder, program))),
  );
}

/** Whom PostgreSQL runs as: root must not. */
function findUser(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number =>
    Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

function giveTo({ uid, gid }: SpawnOptions, path: string): void {
  chmodSync(path, 0o700);
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

/** The first folder above that the user of PostgreSQL cannot pass through. */
function closedFolder(path: string): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & OTHERS_PASS) === 0) return folder;
  }
  return undefined;
}
