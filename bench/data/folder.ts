/**
 * The folder of a run: the sample, Whom's data loaded from it, and what the peers have loaded.
 *
 * With `--data FOLDER` it is kept, so that loading is done once; otherwise it is removed at the end.
 *
 * @module
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Flags } from "../flags.ts";
import { timed } from "../measure.ts";
import type { PeerSource } from "../peers/peer.ts";
import { BenchServer, type Credentials, whom } from "../server.ts";
import { writeEvents } from "./events.ts";
import { type SampleSize, writeSample } from "./profiles.ts";

/** What is known of Whom's data once it is loaded. */
interface Loaded {
  readonly version: string;
  readonly importS: number;
  readonly eventsS: number;
  readonly credentials: Credentials;
}

/** What a data folder is made from. */
export interface DataSize extends SampleSize {
  readonly events: number;
}

/** A size as results say it. */
export function describeSize({ profiles, properties, events }: DataSize): string {
  const parts = [
    `${profiles.toLocaleString("en-US")} profiles`,
    `${properties.toLocaleString("en-US")} properties`,
    ...(events > 0 ? [`${events.toLocaleString("en-US")} events`] : []),
  ];
  return parts.join(", ");
}

function nameOfSize({ profiles, properties, events }: DataSize): string {
  return `${profiles}x${properties}${events > 0 ? `-${events}` : ""}`;
}

type Print = (line: string) => void;

/** Data of one size, ready to be served. */
export class BenchData {
  readonly size: DataSize;
  /** Whom's data folder. */
  readonly folder: string;
  readonly credentials: Credentials;
  readonly importS: number;
  readonly eventsS: number;
  readonly source: PeerSource;
  readonly #scratch: string;

  private constructor(home: string, scratch: string, size: DataSize, loaded: Loaded, files: Files) {
    this.size = size;
    this.folder = join(home, "whom");
    this.credentials = loaded.credentials;
    this.importS = loaded.importS;
    this.eventsS = loaded.eventsS;
    this.source = { ...files, folder: home };
    this.#scratch = scratch;
  }

  /** Writes the sample and loads Whom's data, so far as that is not done. */
  static async open(flags: Flags, size: DataSize, print: Print): Promise<BenchData> {
    const kept = flags.data === undefined ? undefined : resolve(flags.data);
    if (kept !== undefined) mkdirSync(kept, { recursive: true });
    const scratch = mkdtempSync(join(kept ?? tmpdir(), "whom-bench-"));
    // PostgreSQL runs as another user.
    chmodSync(scratch, 0o711);
    try {
      const home = join(kept ?? scratch, nameOfSize(size));
      mkdirSync(home, { recursive: true });
      const files = await writeFiles(home, flags, size, print);
      const loaded = load(home, flags, size, files, print);
      return new BenchData(home, scratch, size, await loaded, files);
    } catch (error) {
      rmSync(scratch, { recursive: true, force: true });
      throw error;
    }
  }

  /** Starts a server over a copy of the data, or over a copy made before. */
  start(copy: string = this.copy()): Promise<BenchServer> {
    return BenchServer.start(copy, this.credentials);
  }

  /**
   * A copy of Whom's data as it was imported. It goes with this.
   *
   * A server changes its data even while it is only asked, and would be measured over what earlier runs left.
   */
  copy(): string {
    const copy = mkdtempSync(join(this.#scratch, "copy-"));
    cpSync(this.folder, copy, { recursive: true });
    rmSync(join(copy, "sessions"), { recursive: true, force: true });
    return copy;
  }

  close(): void {
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

/** Bytes of all files below a folder. */
export function bytesOf(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => statSync(join(folder, path)))
    .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
}

/** The version that is measured. */
export function versionOfWhom(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}

type Files = Pick<PeerSource, "sample" | "events">;

async function writeFiles(
  home: string,
  flags: Flags,
  size: DataSize,
  print: Print,
): Promise<Files> {
  const sample = resolve(flags.profilesFile ?? join(home, "profiles.ndjson"));
  if (!existsSync(sample)) {
    print(`writing ${size.profiles} profiles`);
    await writeWhole(sample, (part) => writeSample(part, size));
  }
  if (size.events === 0) return { sample, events: undefined };
  const events = resolve(flags.eventsFile ?? join(home, "events.ndjson"));
  if (!existsSync(events)) {
    print(`writing ${size.events} events`);
    await writeWhole(events, (part) => writeEvents(part, size.events, size.profiles));
  }
  return { sample, events };
}

/** A file that is there is whole: it gets its name when it is. */
async function writeWhole(path: string, write: (part: string) => Promise<void>): Promise<void> {
  await write(`${path}.part`);
  renameSync(`${path}.part`, path);
}

async function load(
  home: string,
  { fresh }: Flags,
  size: DataSize,
  { sample, events }: Files,
  print: Print,
): Promise<Loaded> {
  const mark = join(home, "whom.json");
  if (existsSync(mark) && !fresh) {
    const loaded = JSON.parse(readFileSync(mark, "utf8")) as Loaded;
    if (loaded.version === versionOfWhom()) return loaded;
  }
  const folder = join(home, "whom");
  for (const path of [mark, folder]) rmSync(path, { recursive: true, force: true });
  const credentials = JSON.parse(whom("init", "--data", folder, "--json")) as Credentials;
  print(`importing ${size.profiles} profiles into Whom`);
  const importMs = await timed(async () => whom("import", sample, "--data", folder));
  if (events !== undefined) print(`importing ${size.events} events into Whom`);
  const eventsMs = await timed(async () => {
    if (events !== undefined) whom("import", "--events", events, "--data", folder);
  });
  const version = versionOfWhom();
  const loaded = { version, importS: importMs / 1_000, eventsS: eventsMs / 1_000, credentials };
  writeFileSync(mark, JSON.stringify(loaded), { mode: 0o600 });
  return loaded;
}
