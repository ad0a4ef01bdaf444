/**
 * The published client `mixpanel-import`, installed in this folder, with its hosts pointed elsewhere.
 *
 * It is unmodified. Its hosts are fixed, though, so the getter by which its jobs find them is replaced.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

const HOME = fileURLToPath(new URL(".", import.meta.url));
const LOCK = join(HOME, "package-lock.json");
const INSTALLED_LOCK = join(HOME, "node_modules", ".installed-lock.json");

/** What the client says of a job that is done. */
export interface Summary {
  readonly success: number;
  readonly failed: number;
  /** The rows of an export that went to no file. */
  readonly dryRun: readonly unknown[];
}

/** Where the client sends what it writes, and where it reads: `http://127.0.0.1:49152`. */
export interface Origins {
  readonly reads: string;
  readonly writes: string;
}

/** The client. It has types of its own, but they are there only once it is installed. */
export interface MixpanelImport {
  readonly version: string;
  /** Runs a job: an import of `data`, or an export. */
  run(
    origins: Origins,
    credentials: object,
    data: readonly object[] | null,
    options: object,
  ): Promise<Summary>;
  /** The profiles of a project, page by page. */
  streamProfiles(job: object): Readable;
}

/** A job of the client as far as the getter needs it. */
interface Job {
  readonly endpoints: { readonly us: Readonly<Record<string, string>> };
  readonly recordType: string;
}

/** Installs the client as its lock file says, unless that is done; says whether it had to. */
export function install(): boolean {
  if (existsSync(INSTALLED_LOCK) && readFileSync(LOCK).equals(readFileSync(INSTALLED_LOCK))) {
    return false;
  }
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"];
  execFileSync("npm", ["ci", ...flags], { cwd: HOME, stdio: ["ignore", "ignore", "inherit"] });
  copyFileSync(LOCK, INSTALLED_LOCK);
  return true;
}

/** Loads the installed client. */
export function load(): MixpanelImport {
  const installed = createRequire(import.meta.url);
  let origins: Origins | undefined;
  Object.defineProperty(installed("mixpanel-import/components/job.js").prototype, "url", {
    get(this: Job): string {
      if (origins === undefined) throw new Error("a job outside of `run`");
      const { pathname } = new URL(this.endpoints.us[this.recordType] ?? "");
      // A copying job reads as one type of record, and then writes as another.
      const isReading = this.recordType.includes("export");
      return `${isReading ? origins.reads : origins.writes}${pathname}`;
    },
  });
  const main = installed("mixpanel-import");
  const { streamProfiles } = installed("mixpanel-import/components/exporters.js");
  return {
    version: installed("mixpanel-import/package.json").version,
    streamProfiles,
    run: async (target, credentials, data, options) => {
      origins = target;
      try {
        return await main(credentials, data, { transport: "got", ...options });
      } finally {
        origins = undefined;
      }
    },
  };
}
