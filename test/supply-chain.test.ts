import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** An entry of a lockfile. */
interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

type Lock = Readonly<Record<string, Locked>>;

/** Lockfiles that `npm ci` must work with on every platform. That of the chdb peer is not: its registry lacks binaries. */
const LOCKFILES = [
  "package-lock.json",
  "mutation/package-lock.json",
  "test/clients/mixpanel-import/package-lock.json",
].filter((path) => existsSync(path));

/** Licences that go together with Apache-2.0 in what is given to others. */
const LICENSES: ReadonlySet<string | undefined> = new Set([
  "MIT",
  "ISC",
  "0BSD",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "BlueOak-1.0.0",
]);

/** Packages that run a program of theirs when they are installed; a new one has to be looked at. */
const WITH_SCRIPTS = ["esbuild"];

/** An exact version: digits, perhaps a prerelease. */
const EXACT = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;

function read(path: string): Lock {
  const lock = JSON.parse(readFileSync(path, "utf8")) as { readonly packages: Lock };
  return lock.packages;
}

/** Where a package finds another one: beside it, or in a folder above. */
function found(lock: Lock, from: string, name: string): Locked | undefined {
  for (
    let folder = from;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf("node_modules") - 1))
  ) {
    const entry = lock[`${folder === "" ? "" : `${folder}/`}node_modules/${name}`];
    if (entry !== undefined || folder === "") return entry;
  }
}

/** What is wrong with a lockfile. */
function faults(lock: Lock): readonly string[] {
  return Object.entries(lock).flatMap(([path, entry]) => {
    const optional = Object.keys(entry.optionalDependencies ?? {});
    const missing = optional
      .filter((name) => found(lock, path, name) === undefined)
      .map((name) => `${path} needs ${name} on some platform`);
    if (path === "" || entry.link === true) return missing;
    const isSealed = entry.integrity?.startsWith("sha512-") === true;
    const host = entry.resolved?.replace(/^https:\/\/registry\.npmjs\.org\/.*/, "");
    return [
      ...missing,
      ...(isSealed ? [] : [`${path} has no sha512`]),
      ...(host ? [`${path} comes from ${host}`] : []),
    ];
  });
}

describe.each(LOCKFILES)("%s", (path) => {
  it("has every binary that a package declares for some platform, each with its hash, and names no registry", () => {
    expect(faults(read(path))).toEqual([]);
  });
});

describe("the packages that are given to others", () => {
  const shipped = Object.entries(read("package-lock.json")).filter(
    ([path, { dev, devOptional }]) => path !== "" && dev !== true && devOptional !== true,
  );

  it("have licences that go together with ours", () => {
    expect(shipped.length).toBeGreaterThan(50);
    expect(
      shipped.filter(([, { license }]) => !LICENSES.has(license)).map(([path]) => path),
    ).toEqual([]);
  });

  it("run nothing when they are installed", () => {
    expect(
      shipped.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path),
    ).toEqual([]);
    const scripts = Object.entries(read("package-lock.json"))
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.replace(/^.*node_modules\//, ""));
    expect(scripts).toEqual(WITH_SCRIPTS);
  });

  it("are named by exact versions", () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
      readonly dependencies: Readonly<Record<string, string>>;
      readonly devDependencies: Readonly<Record<string, string>>;
    };
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !EXACT.test(version),
    );
    expect(loose).toEqual([]);
  });
});

describe("the workflows", () => {
  const folder = ".github/workflows";
  const texts = readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, "utf8"));

  it("use actions by the hash of a commit, with the version beside it", () => {
    const uses = texts.flatMap((text) => text.match(/^.*\buses:.*$/gm) ?? []);
    expect(uses.length).toBeGreaterThan(0);
    expect(
      uses.filter((line) => !/uses: actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line)),
    ).toEqual([]);
  });

  it("may read the repository and nothing else, unless a job says so", () => {
    for (const text of texts) expect(text).toMatch(/^permissions:\n {2}contents: read$/m);
  });

  it("put no text of a pull request into a command", () => {
    for (const text of texts) expect(text).not.toMatch(/\$\{\{\s*github\.(?:event|head_ref)/);
  });
});

describe("the check of lockfiles itself", () => {
  it("finds a binary that is not there, a package without a hash, and another registry", () => {
    const lock: Lock = {
      "": {},
      "node_modules/a": {
        integrity: "sha512-x",
        optionalDependencies: { "a-linux": "1", "a-mac": "1" },
      },
      "node_modules/a-linux": { integrity: "sha512-x" },
      "node_modules/a/node_modules/a-mac": { integrity: "sha512-x" },
    };
    expect(faults(lock)).toEqual([]);
    expect(
      faults({
        ...lock,
        "node_modules/b": { integrity: "sha512-x", optionalDependencies: { c: "1" } },
      }),
    ).toHaveLength(1);
    expect(faults({ ...lock, "node_modules/b": {} })).toHaveLength(1);
    const resolved = "https://example.org/b.tgz";
    expect(faults({ ...lock, "node_modules/b": { integrity: "sha512-x", resolved } })).toHaveLength(
      1,
    );
  });
});
