import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ERRORS, type ErrorCode } from "../src/errors/catalogue.ts";
import { ROUTES } from "../src/http/routes.ts";
import { describeError } from "./support/error-row.ts";
import { plain, readTables, rowsWith } from "./support/markdown-table.ts";

const CODES = Object.keys(ERRORS) as readonly ErrorCode[];

/** The sources, by their path below `src/`. */
const sources: ReadonlyMap<string, string> = new Map(
  readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => [path.replaceAll("\\", "/"), readFileSync(`src/${path}`, "utf8")]),
);

describe("docs/errors.md", () => {
  const tables = readTables(readFileSync("docs/errors.md", "utf8")).filter(({ header }) =>
    header.includes("code"),
  );
  const rows = new Map(
    tables.flatMap((table) => table.rows.map((row) => [plain(row, "code"), row] as const)),
  );

  it("has a row for each code, and for nothing else", () => {
    const listed = tables.flatMap((table) => table.rows.map((row) => plain(row, "code")));
    expect(listed.toSorted()).toEqual(CODES.toSorted());
  });

  it.each(CODES)("says of %s what the catalogue says", (code) => {
    const row = rows.get(code);
    const { hint, ...described } = describeError(code);
    expect(row?.get("what to do")).toBe(hint);
    for (const [column, cell] of Object.entries(described)) {
      if (row?.has(column) === true) expect([column, row.get(column)]).toEqual([column, cell]);
    }
    expect(row?.has("status") === true || row?.has("exit") === true).toBe(true);
  });
});

describe("the catalogue of errors", () => {
  it("has no code that nothing throws", () => {
    const thrown = [...sources]
      .filter(([path]) => !path.startsWith("errors/"))
      .map(([, text]) => text)
      .join("\n");
    expect(CODES.filter((code) => !thrown.includes(`"${code}"`))).toEqual([]);
  });
});

/** Named like limits, but facts of arithmetic: nothing ever comes up against them. */
const NO_LIMITS = ["BYTES_PER_SCALAR_MAX", "BYTES_PER_UNIT_MAX", "FAIR_BYTE_MAX"];

describe("docs/limits.md", () => {
  const constants = [...sources].flatMap(([path, text]) =>
    [...text.matchAll(/^(?:export )?const ([A-Z][A-Z0-9_]*)(?:: number)? = ([\d_.e* ]+);$/gm)].map(
      ([, name = "", value = ""]) => ({ name, value: calculate(value), path }),
    ),
  );
  const limits = constants.filter(({ name }) => /_(?:MAX|MIN)$/.test(name));
  const rows = rowsWith(readFileSync("docs/limits.md", "utf8"), "limit", "most", "where");

  it("has a row for each limit of the code", () => {
    const listed = new Set(rows.map((row) => `${plain(row, "where")} ${plain(row, "limit")}`));
    const missing = limits
      .filter(({ name }) => !NO_LIMITS.includes(name))
      .map(({ path, name }) => `${path} ${name}`)
      .filter((limit) => !listed.has(limit));
    expect(missing).toEqual([]);
  });

  it.each(rows.map((row) => [plain(row, "limit"), plain(row, "where"), plain(row, "most")]))(
    "says what %s of %s is",
    (name, path, most) => {
      const found = constants.filter(
        (constant) => constant.name === name && constant.path === path,
      );
      expect(found.map(({ value }) => value)).toEqual([Number(most?.replaceAll(",", ""))]);
    },
  );

  it("lists a limit once", () => {
    const listed = rows.map((row) => `${plain(row, "where")} ${plain(row, "limit")}`);
    expect(listed).toEqual([...new Set(listed)]);
  });

  it("leaves nothing out that is not there", () => {
    expect(NO_LIMITS.filter((name) => limits.every((limit) => limit.name !== name))).toEqual([]);
  });

  it("misses no limit whose value is more than a number", () => {
    const named = [...sources].flatMap(([path, text]) =>
      [...text.matchAll(/^(?:export )?const ([A-Z][A-Z0-9_]*_(?:MAX|MIN))\b/gm)].map(
        ([, name]) => `${path} ${name}`,
      ),
    );
    expect(named.toSorted()).toEqual(limits.map(({ path, name }) => `${path} ${name}`).toSorted());
  });
});

/** Products of numbers and powers, such as `4 * 1024 ** 3`. */
function calculate(text: string): number {
  return text
    .replaceAll("_", "")
    .split(/(?<!\*)\*(?!\*)/)
    .map((factor) => {
      const [base = "", exponent = "1"] = factor.split("**");
      return Number(base) ** Number(exponent);
    })
    .reduce((product, factor) => product * factor, 1);
}

describe("the pages about the API", () => {
  const pages = ["http-api", "app-api", "accounts-api"].map((page) =>
    readFileSync(`docs/${page}.md`, "utf8"),
  );
  const endpoints = pages
    .flatMap((page) => rowsWith(page, "path", "methods"))
    .map((row) => ({
      paths: [...(row.get("path") ?? "").matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path),
      methods: (row.get("methods") ?? "").split(", "),
      text: [...row.values()].join(" "),
    }));

  it("list the paths that are served by their methods, and no others", () => {
    const documents = { paths: ["/docs", "/openapi.json"], methods: ["GET"] };
    expect(endpoints.flatMap(targets).toSorted()).toEqual(
      [...ROUTES, documents].flatMap(targets).toSorted(),
    );
  });

  it.each(ROUTES)("list the aliases of $name", ({ paths, methods, aliases }) => {
    const row = endpoints.find(
      (endpoint) =>
        endpoint.paths.includes(paths[0] ?? "") && endpoint.methods.includes(methods[0] ?? ""),
    );
    expect(row?.paths).toEqual(paths);
    expect(row?.methods).toEqual(methods);
    const endings = new Set(aliases.map((alias, index) => alias.slice(paths[index]?.length)));
    for (const ending of endings) expect(row?.text).toContain(`\`${ending}\` behind`);
  });
});

/** Each path by each method. */
function targets(endpoint: {
  readonly paths: readonly string[];
  readonly methods: readonly string[];
}) {
  return endpoint.paths.flatMap((path) => endpoint.methods.map((method) => `${method} ${path}`));
}

describe("the decision about dependencies", () => {
  it("gives a reason for each dependency, and for no other package", () => {
    const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const page = readFileSync("docs/decisions/0013-dependencies.md", "utf8");
    const listed = rowsWith(page, "package", "for").map((row) => plain(row, "package"));
    expect(new Set(listed)).toEqual(new Set(Object.keys(dependencies)));
  });
});

describe("the links of the documentation", () => {
  const pages = [
    ...readdirSync(".").filter((name) => name.endsWith(".md")),
    ...["docs", "spec", "examples"].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".md"))
        .map((path) => `${folder}/${path}`),
    ),
  ];

  it.each(pages)("of %s lead to a page and a heading that exist", (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it("of the index reach every page and decision", () => {
    const index = targetsOf("docs/index.md").map(({ path }) => path);
    const architecture = targetsOf("docs/architecture.md").map(({ path }) => path);
    const reached = new Set([...index, ...architecture, "docs/index.md"]);
    expect(pages.filter((page) => page.startsWith("docs/") && !reached.has(page))).toEqual([]);
  });
});

interface Target {
  readonly link: string;
  /** From the top of the project. */
  readonly path: string;
  readonly heading: string;
}

/** Where the relative links of a page lead; those in code are no links. */
function targetsOf(page: string): readonly Target[] {
  const text = readFileSync(page, "utf8").replaceAll(/```.*?```|`[^`\n]*`/gs, "");
  return [...text.matchAll(/\]\((?![a-z]+:)([^)\s]+)\)/g)].map(([, link = ""]) => {
    const url = new URL(link, `file:///${page}`);
    return { link, path: url.pathname.slice(1), heading: decodeURIComponent(url.hash.slice(1)) };
  });
}

function brokenLinks(page: string): readonly string[] {
  return targetsOf(page)
    .filter(({ path, heading }) => {
      const isFolder = path.endsWith("/");
      const parent = path.replace(/\/$/, "").split("/");
      const name = parent.pop() ?? "";
      const siblings = readdirSync(parent.join("/") || ".");
      if (!siblings.includes(name)) return true;
      return heading !== "" && !isFolder && !headingsOf(path).includes(heading);
    })
    .map(({ link }) => link);
}

/** The anchors of a page's headings, as GitHub makes them. */
function headingsOf(path: string): readonly string[] {
  const text = readFileSync(path, "utf8").replaceAll(/```.*?```/gs, "");
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
}
