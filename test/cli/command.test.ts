import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder, whom } from "./support.ts";

interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
  readonly notes: string;
}

/** Runs the command line as a process of its own; `until` kills it once the notes hold it. */
function spawnWhom(
  commandLine: readonly string[],
  options: { input?: string; until?: RegExp; environment?: Record<string, string> } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, ["--import", "tsx", "src/cli/main.ts", ...commandLine], {
    env: { ...process.env, NO_COLOR: "1", ...options.environment },
    stdio: "pipe",
  });
  let output = "";
  let notes = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    notes += chunk.toString();
    // A second signal would not let it end in order.
    if (options.until?.test(notes) === true && !child.killed) child.kill("SIGTERM");
  });
  child.stdin.end(options.input ?? "");
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, output, notes }));
  });
}

async function newFolder(): Promise<string> {
  const data = join(await temporaryFolder(), "data");
  expect((await whom(["init", "--data", data])).exitCode).toBe(0);
  return data;
}

describe("the command line", () => {
  it("runs as a process: init, import, query, serve", async () => {
    const data = join(await temporaryFolder(), "data");
    const init = await spawnWhom(["init", "--data", data, "--json"]);
    expect(init.exitCode).toBe(0);
    const made = JSON.parse(init.output) as Record<string, unknown>;
    expect(Object.keys(made)).toEqual(["project_id", "token", "api_secret", "service_account"]);
    expect(made).toMatchObject({
      project_id: expect.any(Number),
      token: expect.stringMatching(/^[0-9a-f]{32}$/),
      api_secret: expect.stringMatching(/^[0-9a-f]{32}$/),
      service_account: { username: expect.any(String), secret: expect.any(String) },
    });
    expect(Object.keys(made["service_account"] as object)).toEqual(["username", "secret"]);

    const input = '{"id":"a","n":1}\nnonsense\n{"id":"b","n":2}\n';
    const rejectFile = join(data, "..", "rejects.ndjson");
    const imported = await spawnWhom(["import", "--data", data, "--reject-file", rejectFile, "-"], {
      input,
    });
    expect(imported).toMatchObject({ exitCode: 1, output: "" });
    expect(imported.notes).toContain("stdin:2: not JSON");

    const query = await spawnWhom(["query", 'properties["n"] > 1', "--format", "ndjson"], {
      environment: { WHOM_DATA: data },
    });
    expect(query.exitCode).toBe(0);
    expect(JSON.parse(query.output)).toMatchObject({ $distinct_id: "b", $properties: { n: 2 } });

    const served = await spawnWhom(["serve", "--data", data, "--port", "0"], {
      until: /listening/,
    });
    expect(served).toMatchObject({ exitCode: 0, output: "" });
    expect(served.notes).toContain('"stopped"');
  });

  it("ends quietly when its reader has seen enough", async () => {
    const data = await newFolder();
    const rows = Array.from(
      { length: 3000 },
      (_, index) => `{"id":"p${index}","t":"${"x".repeat(500)}"}`,
    );
    const imported = await whom(["import", "--data", data, "-"], { input: rows.join("\n") });
    expect(imported.exitCode).toBe(0);
    const command = `node --import tsx src/cli/main.ts query --data '${data}' --format ndjson | head -n 1`;
    const child = spawn("sh", ["-c", command], { stdio: ["ignore", "pipe", "pipe"] });
    let notes = "";
    child.stderr.on("data", (chunk: Buffer) => {
      notes += chunk.toString();
    });
    child.stdout.resume();
    const exitCode = await new Promise((resolve) => child.on("close", resolve));
    expect([exitCode, notes]).toEqual([0, ""]);
  });

  it.runIf(existsSync("/dev/full"))("says so when its output cannot be written", async () => {
    const data = await newFolder();
    await whom(["import", "--data", data, "-"], { input: '{"id":"a"}\n' });
    const command = `node --import tsx src/cli/main.ts query --data '${data}' >/dev/full`;
    const child = spawn("sh", ["-c", command], { stdio: ["ignore", "ignore", "pipe"] });
    let notes = "";
    child.stderr.on("data", (chunk: Buffer) => {
      notes += chunk.toString();
    });
    const exitCode = await new Promise((resolve) => child.on("close", resolve));
    expect(exitCode).toBe(1);
    expect(notes).toContain("error: cannot write the output: no space left on device\n");
    expect(notes).not.toContain("    at ");
  });

  it("says nothing of its insides when it fails", async () => {
    const { exitCode, output, notes } = await spawnWhom(["query", "--data", "/nowhere/at/all"]);
    expect({ exitCode, output }).toEqual({ exitCode: 3, output: "" });
    expect(notes).toBe(
      "error: /nowhere/at/all is not a Whom data folder\n" +
        "hint: make it with: whom init --data /nowhere/at/all\n",
    );
  });
});

describe("exit codes and errors", () => {
  it.each([
    [["--version"], 0, ""],
    [["--help"], 0, ""],
    [["frob"], 2, "error: unknown command 'frob'"],
    [["query", "--frob"], 2, "error: unknown option '--frob'"],
    [["query", "--format", "xml"], 2, "Allowed choices are table, ndjson, csv."],
    [["query", "--limit", "-1"], 2, "It must be a whole number."],
    [["serve", "--port", "x"], 2, "error: --port must be a whole number from 0 to 65535"],
    [["project", "list", "--data", "/nowhere"], 3, "error: /nowhere is not a Whom data folder"],
    [
      ["query", "--server", "http://127.0.0.1:1", "--username", "a", "--project", "1"],
      3,
      "error: cannot reach http://127.0.0.1:1: ",
    ],
    [
      ["query", "--server", "ftp://x", "--username", "a", "--project", "1"],
      2,
      "error: --server must be an http or https address",
    ],
    [["query", "--server", "http://127.0.0.1:1"], 2, "error: --username is missing"],
    [["query", "--server", "http://x", "--username", "a"], 2, "error: --project is missing"],
    [
      ["query", "--server", "http://x", "--username", "a", "--project", "shop"],
      2,
      'error: a server needs the id of the project, found "shop"',
    ],
    [["query", "-x > 1"], 2, "put -- before a selector that begins with -"],
    [["import", "--delimiter", ";;", "x"], 2, "error: --delimiter must be one character"],
    [["import", "--server", "http://127.0.0.1:1", "x"], 2, "error: --token is missing"],
  ])("of %j are %i and %j", async (commandLine, exitCode, message) => {
    const ended = await whom(commandLine);
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.notes).toContain(message);
    if (exitCode !== 0) expect(ended.output).toBe("");
  });

  it("shows where a selector is wrong", async () => {
    const ended = await whom(["explain", 'properties["plan"] == and']);
    expect(ended.exitCode).toBe(2);
    expect(ended.notes).toMatch(
      /^error: .+\n {2}\|\n1 \| properties\["plan"\] == and\n {2}\| {23}\^+\nhint: .+\n$/,
    );
  });

  it("shows the stack of an error only when asked", async () => {
    const environment = { WHOM_DEBUG: "1" };
    expect((await whom(["frobnicate"], { environment })).notes).not.toContain("    at ");
    const ended = await whom(["query", "--data", "/nowhere"], { environment });
    expect(ended.notes).toContain("    at ");
  });

  it("leaves a folder that holds data alone", async () => {
    const data = await newFolder();
    const again = await whom(["init", "--data", data]);
    expect(again.exitCode).toBe(1);
    expect(again.notes).toContain("already holds Whom data");
  });

  it("tells that another command has the folder", async () => {
    const data = await newFolder();
    const { openDataFolder } = await import("../../src/cli/data-folder.ts");
    const folder = await openDataFolder(data, { memoryLimit: "", tempLimit: "", threads: 0 });
    const ended = await whom(["query", "--data", data]);
    await folder.close();
    expect(ended.exitCode).toBe(3);
    expect(ended.notes).toContain("is in use by");
    expect((await whom(["query", "--data", data])).exitCode).toBe(0);
  });
});

describe("projects and service accounts", () => {
  it("are made, shown, changed and revoked", async () => {
    const data = await newFolder();
    const at = ["--data", data];
    const shop = await whom([
      "project",
      "create",
      "shop",
      "--time-zone",
      "Asia/Tokyo",
      ...at,
      "--json",
    ]);
    expect(JSON.parse(shop.output)).toMatchObject({ name: "shop", time_zone: "Asia/Tokyo" });
    const update = [
      "project",
      "update",
      "shop",
      "--queries-per-hour",
      "60",
      "--queries-at-once",
      "5",
    ];
    await whom([...update, ...at]);
    await whom(["project", "update", "shop", "--queries-at-once", "0", ...at]);
    const workspace = await whom([
      "project",
      "add-workspace",
      "shop",
      "DE",
      "--selector",
      "true",
      ...at,
    ]);
    const shown = await whom(["project", "show", "shop", ...at, "--json"]);
    expect(JSON.parse(shown.output)).toMatchObject({
      quota: { queries_per_hour: 60, queries_at_once: null },
      workspaces: [
        { selector: null },
        { id: Number(workspace.output), name: "DE", selector: "true" },
      ],
    });
    expect((await whom(["project", "list", ...at])).output).toMatch(/main.*\n.*shop +Asia\/Tokyo/);

    expect((await whom(["service-account", "create", "dash", ...at])).notes).toContain(
      "name one with --project: main, shop",
    );
    const account = ["service-account", "create", "dash", "--project", "shop", ...at, "--json"];
    const { username, secret } = JSON.parse((await whom(account)).output) as {
      readonly username: string;
      readonly secret: string;
    };
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    const grant = ["service-account", "grant", username, "--role", "consumer"];
    expect((await whom([...grant, "--project", "main", ...at])).exitCode).toBe(0);
    const list = await whom(["service-account", "list", ...at, "--json"]);
    expect(JSON.parse(list.output)).toHaveLength(2);
    expect(list.output).not.toContain(secret);
    expect((await whom(["service-account", "revoke", username, ...at])).exitCode).toBe(0);
    const gone = await whom(["service-account", "revoke", username, ...at]);
    expect(gone).toMatchObject({ exitCode: 1 });
    expect(gone.notes).toContain(`no service account ${username}`);
  });
});

describe("import, query and explain on a data folder", () => {
  it("read back what was written, in every format", async () => {
    const data = await newFolder();
    const file = join(data, "..", "people.csv");
    await writeFile(file, 'id,plan,ltv,note\nada,pro,10,=1+1\nbo,free,2,\ncyd,pro,7,"x, y"\n');
    const at = ["--data", data];
    expect((await whom(["import", file, ...at])).exitCode).toBe(0);
    const pro = 'properties["plan"] == "pro"';
    expect((await whom(["query", pro, "--count", ...at])).output).toBe("2\n");
    const sorted = await whom([
      "query",
      "--sort",
      "ltv",
      "--desc",
      "--properties",
      "ltv,note",
      ...at,
    ]);
    expect(sorted.output.split("\n").map((line) => line.split(/ +/))).toEqual([
      ["$distinct_id", "ltv", "note"],
      ["ada", "10", "=1+1"],
      ["cyd", "7", "x,", "y"],
      ["bo", "2"],
      [""],
    ]);
    expect(sorted.notes).toBe("3 profiles\n");
    const csv = await whom(["query", pro, "--format", "csv", "--properties", "ltv,note", ...at]);
    expect(csv.output).toBe('$distinct_id,ltv,note\nada,10,\'=1+1\ncyd,7,"x, y"\n');
    const every = await whom(["query", "--format", "csv", "--limit", "1", ...at]);
    expect(every.output.split("\n")[0]?.split(",").sort()).toEqual(
      ["$distinct_id", "$last_seen", "ltv", "note", "plan"].sort(),
    );
    const ndjson = await whom(["query", "--format", "ndjson", ...at]);
    const copy = await newFolder();
    await whom(["import", "--data", copy, "-"], { input: ndjson.output });
    expect((await whom(["query", "--format", "ndjson", "--data", copy])).output).toBe(
      ndjson.output,
    );
  });

  it("keep groups apart from users", async () => {
    const data = await newFolder();
    const group = ["--group", "company_id", "--data", data];
    const input = '{"$group_id":"acme","size":4}';
    expect((await whom(["import", "-", ...group], { input })).exitCode).toBe(0);
    expect((await whom(["query", "--count", "--data", data])).output).toBe("0\n");
    const { output } = await whom(["query", "--format", "ndjson", ...group]);
    expect(JSON.parse(output)).toMatchObject({ $distinct_id: "acme", $properties: { size: 4 } });
  });

  it("explain a selector, and how it came out", async () => {
    const data = await newFolder();
    const at = ["--data", data];
    await whom(["import", "-", ...at], { input: '{"id":"ada","n":3,"tags":["a"]}' });
    const selector = '(properties["n"]>2 and "b" in properties["tags"])or  false';
    const { output } = await whom(["explain", selector, ...at]);
    expect(output).toContain('  properties["n"] > 2 and "b" in properties["tags"] or false\n');
    expect(output).toMatch(/statement\n {2}select /);
    const traced = await whom(["explain", selector, "--distinct-id", "ada", ...at]);
    expect(traced.output).toContain(
      [
        "came out for ada",
        '  properties["n"] > 2 and "b" in properties["tags"] or false  →  false',
        '  └─ properties["n"] > 2 and "b" in properties["tags"]  →  false',
        '     ├─ properties["n"] > 2  →  true',
        '     │  └─ properties["n"]  →  3',
        '     └─ "b" in properties["tags"]  →  false',
        '        └─ properties["tags"]  →  ["a"]',
      ].join("\n"),
    );
    const missing = await whom(["explain", selector, "--distinct-id", "bo", ...at]);
    expect(missing).toMatchObject({ exitCode: 1 });
    expect(missing.notes).toContain('error: no profile "bo"');
    const json = JSON.parse((await whom(["explain", selector, ...at, "--json"])).output) as object;
    expect(Object.keys(json)).toEqual([
      "selector",
      "kinds",
      "parts",
      "statement",
      "parameters",
      "residual",
    ]);
  });
});
