import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { customers, seeded } from "../../src/cli/demo/sample-data.ts";
import { activity } from "../../src/cli/demo/sample-events.ts";
import { served, temporaryFolder, whom } from "./support.ts";

describe("commands that ask a server", () => {
  it("write and read through its API, page after page", async () => {
    const { environment } = await served();
    const input = Array.from({ length: 5003 }, (_, index) =>
      JSON.stringify({ id: `p${String(index).padStart(4, "0")}`, n: index, even: index % 2 === 0 }),
    ).join("\n");
    const imported = await whom(["import", "-"], { input, environment });
    expect(imported).toMatchObject({ exitCode: 0 });
    expect(imported.notes).toContain("5003 written, 0 rejected");
    expect((await whom(["query", "--count"], { environment })).output).toBe("5003\n");
    const all = await whom(["query", "--format", "ndjson"], { environment });
    const ids = all.output
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { $distinct_id: string }).$distinct_id);
    expect(new Set(ids).size).toBe(5003);
    expect(ids).toEqual([...ids].sort());
    const query = ["query", 'properties["even"]', "--sort", "n", "--desc", "--limit", "2"];
    const csv = await whom([...query, "--format", "csv", "--properties", "n"], { environment });
    expect(csv.output).toBe("$distinct_id,n\np5002,5002\np5000,5000\n");
    const header = await whom(["query", "--format", "csv", "--limit", "0"], { environment });
    expect(header.output.split("\n")[0]?.split(",").sort()).toEqual(
      ["$distinct_id", "$last_seen", "even", "n"].sort(),
    );
  });

  it("say which records the server rejected", async () => {
    const { environment, data } = await served({ strictTokens: true });
    const file = join(data, "..", "mixed.ndjson");
    await writeFile(file, '{"id":"a"}\n{"id":"b","$add":{"n":"x"}}\nbad\n{"id":"c"}\n');
    const imported = await whom(["import", file], { environment });
    expect(imported.exitCode).toBe(1);
    expect(imported.notes).toContain(`${file}:2: `);
    expect(imported.notes).toContain("2 written, 2 rejected");
    const resumed = await whom(["import", "--resume", file], { environment });
    expect(resumed.notes).toContain("already imported");
  });

  it("say that the login is wrong", async () => {
    const { environment } = await served();
    const wrong = { ...environment, WHOM_SECRET: "wrong" };
    const ended = await whom(["query"], { environment: wrong });
    expect(ended.exitCode).toBe(1);
    expect(ended.notes).toBe(
      "error: the server answered 401: Unable to authenticate request\n" +
        "hint: check the username and the secret, or the token\n",
    );
  });

  it("leave the data folder to the server", async () => {
    const { data } = await served();
    const explain = ["explain", 'properties["n"] > 1', "--data", data];
    const explained = await whom(explain);
    expect(explained.exitCode).toBe(0);
    expect(explained.output).toContain('properties["n"] > 1');
    expect(explained.notes).toContain("the statement is left out");
    const asked = await whom([...explain, "--distinct-id", "a"]);
    expect(asked.exitCode).toBe(3);
    expect(asked.notes).toContain("--distinct-id reads the folder itself");
  });

  it("notice a project that was made while the server runs", async () => {
    const { data, environment } = await served();
    const made = await whom(["project", "create", "late", "--data", data, "--json"]);
    const { token } = JSON.parse(made.output) as { token: string };
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const account = ["service-account", "create", "late", "--project", "late", "--data", data];
    const { username, secret, project_id } = JSON.parse(
      (await whom([...account, "--json"])).output,
    ) as Record<string, string>;
    const input = '{"id":"x"}';
    await whom(["import", "-", "--token", token], { input, environment });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const login = {
      WHOM_USERNAME: username,
      WHOM_SECRET: secret,
      WHOM_PROJECT: String(project_id),
    };
    const counted = await whom(["query", "--count"], { environment: { ...environment, ...login } });
    expect(counted.output).toBe("1\n");
  });
});

describe("a port that is taken", () => {
  it("is named", async () => {
    const { url } = await served();
    const data = join(await temporaryFolder(), "data");
    await whom(["init", "--data", data]);
    const ended = await whom(["serve", "--data", data, "--port", new URL(url).port]);
    expect(ended.exitCode).toBe(3);
    expect(ended.notes).toContain("the port is in use");
  });
});

describe("the OpenAPI document", () => {
  it("is printed", async () => {
    const { exitCode, output } = await whom(["openapi"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      openapi: "3.1.0",
      paths: { "/api/query/engage": expect.anything(), "/engage": expect.anything() },
    });
  });
});

describe("the demo", () => {
  it("runs five queries, and ends with --once", async () => {
    const { exitCode, output, notes } = await whom(["demo", "--once"]);
    expect([exitCode, notes]).toEqual([0, ""]);
    expect(output).toMatch(/^Wrote 5120 profiles and 28\d{3} events/);
    expect(output.match(/^ {2}curl -s -u /gm)).toHaveLength(5);
    expect(output).toMatch(/(\d+) in the session, \1 read, each exactly once/);
    const [shown] = /\n(\d+\. [^\n]+)/.exec(output) ?? [];
    expect(shown).toBeDefined();
    expect(output).not.toMatch(/^ {2}0 profiles/m);
  });

  it("has the same customers every time", () => {
    const twice = [1, 2].map(() => JSON.stringify([...customers(50, 7, 1_700_000_000_000)]));
    expect(twice[0]).toBe(twice[1]);
    expect(JSON.stringify([...customers(50, 8, 1_700_000_000_000)])).not.toBe(twice[0]);
    const done = [1, 2].map(() => JSON.stringify([...activity(50, 7, 1_700_000_000_000)]));
    expect(done[0]).toBe(done[1]);
    const laterThatDay = JSON.stringify([...activity(50, 7, 1_700_000_000_000 + 3_600_000)]);
    expect(laterThatDay).toBe(done[0]);
    const random = seeded(1);
    const numbers = Array.from({ length: 1000 }, random);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(new Set(numbers).size).toBeGreaterThan(990);
  });
});
