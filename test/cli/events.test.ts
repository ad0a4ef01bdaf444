import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { served, temporaryFolder, whom } from "./support.ts";

type Place = readonly [name: string, open: () => Promise<Record<string, string>>];

/** The same commands, once on a data folder and once on a server: what they print is the same. */
const PLACES: readonly Place[] = [
  [
    "a data folder",
    async () => {
      const data = join(await temporaryFolder(), "data");
      await whom(["init", "--data", data]);
      return { WHOM_DATA: data };
    },
  ],
  ["a server", async () => (await served()).environment],
];

const PROFILES = ["ada", "bo", "cyd"]
  .map((id, index) => JSON.stringify({ id, plan: index === 1 ? "free" : "premium" }))
  .join("\n");

const NOON = Date.UTC(2026, 0, 5, 12) / 1000;

const EVENTS = [
  ...["ada", "ada", "ada", "bo", "bo", "bo", "cyd", "dee"].map((id, index) => ({
    event: "Purchase",
    properties: { time: NOON + index, distinct_id: id, $insert_id: `p${index}`, amount: index },
  })),
  { event: "Login", properties: { time: NOON - 86_400, distinct_id: "ada", $insert_id: "l" } },
];
const EVENT_LINES = EVENTS.map((event) => JSON.stringify(event)).join("\n");

const BOUGHT = JSON.stringify([
  { name: "bought", window: "30d", event_selectors: [{ event: "Purchase" }] },
]);

async function filled(open: Place[1]) {
  const environment = await open();
  const run = async (commandLine: readonly string[], input?: string) => {
    const ended = await whom(
      commandLine,
      input === undefined ? { environment } : { environment, input },
    );
    expect(ended.exitCode, ended.notes).toBe(0);
    return ended;
  };
  await run(["import", "-"], PROFILES);
  const imported = await run(["import", "--events", "-"], EVENT_LINES);
  expect(imported.notes).toContain(`${EVENTS.length} written, 0 rejected`);
  return { run, environment };
}

const parsed = (lines: string): { event: string; properties: Record<string, unknown> }[] =>
  lines
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { event: string; properties: Record<string, unknown> });

describe.each(PLACES)("on %s", (_name, open) => {
  it("events are written, printed, and written again without a change", async () => {
    const { run } = await filled(open);
    const all = (await run(["events"])).output;
    expect(parsed(all).map(({ event, properties }) => [event, properties["distinct_id"]])).toEqual([
      ["Login", "ada"],
      ...["ada", "ada", "ada", "bo", "bo", "bo", "cyd", "dee"].map((id) => ["Purchase", id]),
    ]);
    expect(parsed(all)[1]?.properties).toMatchObject({ time: NOON, $insert_id: "p0", amount: 0 });
    await run(["import", "--events", "-"], EVENT_LINES);
    expect(parsed((await run(["events"])).output)).toHaveLength(EVENTS.length);
  });

  it("events are chosen by day, name and selector", async () => {
    const { run } = await filled(open);
    const ids = async (...options: string[]) =>
      parsed((await run(["events", ...options])).output).map(
        ({ properties }) => properties["$insert_id"],
      );
    expect(await ids("--from", "2026-01-05", "--limit", "2")).toEqual(["p0", "p1"]);
    expect(await ids("--to", "2026-01-04")).toEqual(["l"]);
    expect(await ids("--event", "Login", "--event", "Other")).toEqual(["l"]);
    expect(await ids("--where", 'properties["amount"] >= 6')).toEqual(["p6", "p7"]);
    expect(await ids("--where", 'user["plan"] == "free" and event["amount"] > 3')).toEqual([
      "p4",
      "p5",
    ]);
  });

  it("profiles are selected by behaviors, as of a time", async () => {
    const { run } = await filled(open);
    const query = ["query", 'behaviors["bought"] >= 3', "--behaviors", BOUGHT, "--count"];
    expect((await run([...query, "--as-of", "2026-01-06"])).output).toBe("2\n");
    expect((await run([...query, "--as-of", String(NOON + 3)])).output).toBe("1\n");
    expect((await run([...query, "--as-of", "2026-03-06"])).output).toBe("0\n");
    const both = 'behaviors["bought"] >= 3 and properties["plan"] == "premium"';
    const rest = [
      "--behaviors",
      BOUGHT,
      "--as-of",
      "2026-01-06",
      "--format",
      "csv",
      "--properties",
    ];
    expect((await run(["query", both, ...rest, "plan"])).output).toBe(
      "$distinct_id,plan\nada,premium\n",
    );
  });

  it("cohorts are saved, filled, asked and deleted", async () => {
    const { run, environment } = await filled(open);
    const file = join(await temporaryFolder(), "ids.txt");
    await writeFile(file, "ada\r\nbo\n\nnobody-yet\nada\n");
    const made = await run(["cohort", "create", "Beta", "--file", file]);
    expect(made.notes).toBe(`cohort ${made.output.trim()} has 3 members\n`);
    const buyers = [...["--selector", 'behaviors["bought"] == 1'], "--behaviors", BOUGHT];
    const saved = await run(["cohort", "create", "Once", ...buyers]);
    const twice = await whom(["cohort", "create", "Once", ...buyers], { environment });
    expect([twice.exitCode, twice.output]).toEqual([1, ""]);
    expect(twice.notes).toContain("Once");

    const list = JSON.parse((await run(["cohort", "list", "--json"])).output) as object[];
    expect(list).toMatchObject([
      { id: Number(made.output), name: "Beta", count: 3, is_list: true },
      { id: Number(saved.output), name: "Once", is_list: false },
    ]);
    expect((await run(["cohort", "list"])).output).toMatch(
      /^id +name +members +kind\n\d+ +Beta +3 +list\n/,
    );

    const beta = ["query", "--cohort", made.output.trim(), "--count"];
    expect((await run(beta)).output).toBe("2\n");
    expect((await run([...beta, "--include-all-users"])).output).toBe("3\n");
    const asOf = ["--as-of", "2026-01-06", "--count"];
    expect((await run(["query", 'cohort("Once")', ...asOf])).output).toBe("1\n");
    expect((await run(["query", 'cohort("Beta") and not cohort("Once")', ...asOf])).output).toBe(
      "2\n",
    );

    const csv = await run(["query", 'properties["plan"] == "premium"', "--format", "csv"]);
    const uploaded = await run(["cohort", "upload", "Beta", "-", "--mode", "remove"], csv.output);
    expect(uploaded.notes).toContain("has 2 members");
    await run(["cohort", "delete", "Beta"]);
    const gone = await whom(["cohort", "delete", "Beta"], { environment });
    expect(gone.exitCode).toBe(1);
    expect(gone.notes).toContain("Beta");
  });

  it("users are erased with all that is theirs", async () => {
    const { run, environment } = await filled(open);
    const file = join(await temporaryFolder(), "ids.csv");
    await writeFile(file, '"$distinct_id",plan\nada,"pre,mium"\n');
    const erase = ["erase", "--file", file, "--distinct-id", "dee", "--distinct-id", "unknown"];
    const erased = await run(erase);
    expect(erased.output).toBe("erased 1 profile and 5 events of 3 distinct ids\n");
    expect(erased.notes).toContain("whom compact");
    const again = await run([...erase, "--json"]);
    expect(JSON.parse(again.output)).toEqual({ distinct_ids: 3, profiles: 0, events: 0 });
    expect((await run(["query", "--count"])).output).toBe("2\n");
    expect(
      parsed((await run(["events"])).output).map(({ properties }) => properties["distinct_id"]),
    ).toEqual(["bo", "bo", "bo", "cyd"]);
    const nobody = await whom(["erase"], { environment });
    expect(nobody.exitCode).toBe(2);
    expect(nobody.notes).toContain("error: nobody is named\n");
  });
});

describe("whom compact", () => {
  it("leaves no byte of who was erased in the data folder", async () => {
    const data = join(await temporaryFolder(), "data");
    const environment = { WHOM_DATA: data };
    await whom(["init"], { environment });
    const secret = "erase-me-4711";
    const profile = JSON.stringify({ id: secret, note: "findable-note" });
    const event = {
      event: "Seen",
      time: NOON,
      distinct_id: secret,
      $insert_id: "i",
      page: "findable-page",
    };
    await whom(["import", "-"], { environment, input: `${profile}\n{"id":"other"}` });
    await whom(["import", "--events", "-"], { environment, input: JSON.stringify(event) });
    const found = async (): Promise<readonly string[]> => {
      const files = await readdir(data, { recursive: true, withFileTypes: true });
      const bytes = await Promise.all(
        files
          .filter((file) => file.isFile())
          .map((file) => readFile(join(file.parentPath, file.name), "latin1")),
      );
      return [secret, "findable-note", "findable-page"].filter((text) =>
        bytes.some((content) => content.includes(text)),
      );
    };
    expect(await found()).toEqual([secret, "findable-note", "findable-page"]);
    const erased = await whom(["erase", "--distinct-id", secret], { environment });
    expect(erased.output).toBe("erased 1 profile and 1 event of 1 distinct id\n");
    const compacted = await whom(["compact"], { environment });
    expect(compacted.output).toMatch(/^compacted: \d+\.\d MB on disk, \d+\.\d MB before\n$/);
    expect(await found()).toEqual([]);
    expect((await whom(["query", "--count"], { environment })).output).toBe("1\n");
  });
});

describe("what stands in each other's way", () => {
  it.each([
    [["import", "--events", "--group", "company", "x"], "--group has no meaning with --events"],
    [["import", "--events", "--id-column", "x", "x"], "--id-column has no meaning with --events"],
    [["cohort", "create", "x"], "a cohort has either a selector or a list of members"],
    [["cohort", "create", "x", "--selector", "true", "--file", "x"], "a cohort has either"],
    [["events", "--from", "soon"], "It must be a day as YYYY-MM-DD."],
    [["events", "--to", "2026-02-30"], "It must be a day as YYYY-MM-DD."],
    [["query", "--as-of", "soon"], "It must be epoch seconds, or a date and time."],
    [["query", "--behaviors", "{"], "It must be JSON."],
    [["project", "create", "x", "--identity", "none"], "Allowed choices are simplified, original."],
    [
      ["erase", "--compact", "--distinct-id", "a", "--server", "http://x", "--username", "a"],
      "--compact needs the data folder, which the server holds",
    ],
  ])("is told: %j", async (commandLine, message) => {
    const ended = await whom(commandLine);
    expect(ended.exitCode).toBe(2);
    expect(ended.notes).toContain(message);
  });

  it("tells that behaviors and a cohort are two filters", async () => {
    const environment = await PLACES[0]?.[1]();
    await whom(["cohort", "create", "x", "--selector", "true"], { environment: environment ?? {} });
    const query = ["query", "--behaviors", BOUGHT, "--cohort", "1"];
    const ended = await whom(query, { environment: environment ?? {} });
    expect(ended.exitCode).toBe(2);
    expect(ended.notes).toContain("filter_by_cohort");
  });
});

describe("the identity of a project", () => {
  it("is chosen when it is made, shown, and kept by imports", async () => {
    const data = join(await temporaryFolder(), "data");
    const environment = { WHOM_DATA: data };
    await whom(["init", "--identity", "original"], { environment });
    const shown = await whom(["project", "show", "--json"], { environment });
    expect(JSON.parse(shown.output)).toMatchObject({ identity: "original" });
    await whom(["project", "create", "new"], { environment });
    expect((await whom(["project", "show", "new"], { environment })).output).toMatch(
      /\nidentity +simplified\n/,
    );
    const joined = JSON.stringify({
      event: "Login",
      properties: {
        time: NOON,
        distinct_id: "sent",
        $device_id: "d",
        $user_id: "u",
        $insert_id: "i",
      },
    });
    for (const [project, ids] of [
      ["main", ["sent"]],
      ["new", ["u"]],
    ] as const) {
      await whom(["import", "--events", "--project", project, "-"], { environment, input: joined });
      const { output } = await whom(["events", "--project", project], { environment });
      expect(parsed(output).map(({ properties }) => properties["distinct_id"])).toEqual(ids);
    }
  });
});
