import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { runExport } from "../../src/cli/export/export.ts";
import { serverRows } from "../../src/cli/export/server-rows.ts";
import { basicCredentials } from "../../src/cli/http-client.ts";
import { readRequest } from "../../src/cli/query/selection-options.ts";
import { recordingTerminal, served, temporaryFolder, whom } from "./support.ts";

type Place = readonly [name: string, open: () => Promise<Record<string, string>>];

/** The same commands, once on a data folder and once on a server: what they write is the same. */
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

const PROFILES = ["dan", "ada", "cyd", "bob"].map((id, index) =>
  JSON.stringify({
    id,
    $last_seen: "2026-01-01T00:00:00",
    n: index,
    plan: index > 1 ? "pro" : "=x",
  }),
);

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
  await run(["import", "-"], PROFILES.join("\n"));
  return { run, environment };
}

const idsOf = (lines: string): string =>
  lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line).$distinct_id)
    .join(" ");

describe.each(PLACES)("an export of %s", (_name, open) => {
  it("is of the profiles that are asked for, as lines", async () => {
    const { run } = await filled(open);
    const ids = async (...options: string[]) => idsOf((await run(["export", ...options])).output);
    expect(await ids()).toBe("dan ada cyd bob");
    expect(await ids("--where", 'properties["plan"] == "pro"')).toBe("cyd bob");
    expect(await ids("--sort", "n", "--desc", "--limit", "3")).toBe("bob cyd ada");
    expect(await ids("--where", "false")).toBe("");
    expect((await run(["export", "--properties", "n", "--limit", "1"])).output).toBe(
      '{"$distinct_id":"ada","$properties":{"n":1,"$last_seen":"2026-01-01T00:00:00"}}\n',
    );
  });

  it("is of CSV, which a spreadsheet may open", async () => {
    const { run } = await filled(open);
    const csv = ["export", "--format", "csv", "--limit", "2"];
    expect((await run(csv)).output).toBe(
      "$distinct_id,$last_seen,n,plan\r\nada,2026-01-01T00:00:00,1,'=x\r\nbob,2026-01-01T00:00:00,3,pro\r\n",
    );
    expect((await run([...csv, "--properties", "plan", "--no-spreadsheet-safe"])).output).toBe(
      "$distinct_id,plan\r\nada,=x\r\nbob,pro\r\n",
    );
    expect((await run([...csv, "--where", "false", "--properties", "n"])).output).toBe(
      "$distinct_id,n\r\n",
    );
  });

  it("goes into a file, perhaps compressed, which is there once it is whole", async () => {
    const { run } = await filled(open);
    const file = join(await temporaryFolder(), "profiles");
    const plain = await run(["export", "--output", file]);
    expect([plain.output, plain.notes]).toEqual(["", `4 profiles written to ${file}\n`]);
    expect(idsOf(await readFile(file, "utf8"))).toBe("dan ada cyd bob");
    expect(existsSync(`${file}.part`)).toBe(false);
    const one = await run(["export", "--output", file, "--gzip", "--limit", "1"]);
    expect(one.notes).toBe(`1 profile written to ${file}\n`);
    expect(idsOf(gunzipSync(await readFile(file)).toString())).toBe("ada");
  });

  it("is a Parquet file", async () => {
    const { run } = await filled(open);
    const file = join(await temporaryFolder(), "profiles.parquet");
    await run(["export", "--format", "parquet", "--output", file]);
    const bytes = await readFile(file, "latin1");
    expect([bytes.slice(0, 4), bytes.slice(-4)]).toEqual(["PAR1", "PAR1"]);
  });

  it("is refused with what is wrong, and leaves what was there", async () => {
    const { environment } = await filled(open);
    const file = join(await temporaryFolder(), "profiles");
    await writeFile(file, "before");
    const wrong = await whom(["export", "--where", "properties[", "--output", file], {
      environment,
    });
    expect(wrong.exitCode).toBe(2);
    expect(wrong.notes).toContain("properties[");
    expect(await readFile(file, "utf8")).toBe("before");
    expect(existsSync(`${file}.part`)).toBe(false);
    const nowhere = await whom(["export", "--output", join(file, "in", "a", "file")], {
      environment,
    });
    expect(nowhere.exitCode).toBe(3);
    expect(nowhere.notes).toContain("not a directory");
  });
});

describe("an export from a server", () => {
  it.each([
    [["--gzip"], "--gzip has no meaning for Parquet"],
    [["--format", "xml"], "Allowed choices are ndjson, csv, parquet"],
  ])("is refused with %j", async (options, message) => {
    const format = options.includes("--format") ? [] : ["--format", "parquet"];
    const ended = await whom(["export", ...format, ...options]);
    expect(ended.exitCode).toBe(2);
    expect(ended.notes).toContain(message);
  });

  /** A way to a server that breaks off after so many bytes, the first times. */
  async function brittle(url: string, breakAfter: readonly number[], between: () => Promise<void>) {
    const left = [...breakAfter];
    const asked: Record<string, unknown>[] = [];
    const proxy = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        const body = Buffer.concat(chunks);
        asked.push(JSON.parse(body.toString()));
        const { method, headers } = incoming;
        const request = httpRequest(`${url}${incoming.url}`, { method, headers }, (reply) => {
          const limit = left.shift() ?? Number.POSITIVE_INFINITY;
          const { "content-length": _length, ...rest } = reply.headers;
          outgoing.writeHead(reply.statusCode ?? 500, rest);
          let sent = 0;
          let isBroken = false;
          reply.on("data", (chunk: Buffer) => {
            const part = chunk.subarray(0, Math.max(0, limit - sent));
            sent += part.length;
            outgoing.write(part);
            if (sent < limit || isBroken) return;
            isBroken = true;
            void between().then(() => setTimeout(() => outgoing.destroy(), 50));
          });
          reply.on("end", () => {
            if (!isBroken) outgoing.end();
          });
        });
        request.end(body);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void proxy.close());
    return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked };
  }

  const COUNT = 300;

  async function many() {
    const { environment, url } = await served();
    const lines = Array.from({ length: COUNT }, (_, n) =>
      JSON.stringify({ id: `id "${n}"`, text: `a\n"b",${n}`, n }),
    );
    await whom(["import", "-"], { environment, input: lines.join("\n") });
    return { environment, url };
  }

  const LAST = `id "${COUNT - 1}"`;

  it.each([
    ["ndjson", [5_000, 10, 7_000, 1]],
    ["csv", [3_000, 10, 4_000, 1]],
  ])(
    "as %s goes on behind what it has, without a row missing or doubled",
    async (format, breaks) => {
      const { environment, url } = await many();
      const whole = await whom(["export", "--format", format], { environment });
      const proxy = await brittle(url, breaks, async () => undefined);
      const ended = await whom(["export", "--format", format], {
        environment: { ...environment, WHOM_SERVER: proxy.url },
      });
      expect(ended.notes).toBe("");
      expect(ended.output).toBe(whole.output);
      expect(ended.output).toContain(format === "csv" ? '""299""' : '\\"299\\"');
      expect(proxy.asked.map(({ offset }) => offset === undefined)).toEqual([
        true,
        ...breaks.map(() => false),
      ]);
    },
  );

  it.each(["ndjson", "csv"])(
    "as %s has each profile once that was there all the time, though some are deleted",
    async (format) => {
      const { environment, url } = await many();
      let next = 0;
      const breaks = [5_000, 5_000, 5_000];
      const proxy = await brittle(url, breaks, async () => {
        // Some that have come already, and some that have not.
        const ids = [next, next + 1, 60 + next, 250 + next].map((n) => `id "${n}"`);
        next += 2;
        const records = ids.map((id) => ({
          $token: environment["WHOM_TOKEN"],
          $distinct_id: id,
          $delete: "",
        }));
        await fetch(`${url}/engage`, { method: "POST", body: JSON.stringify(records) });
      });
      const ended = await whom(["export", "--format", format, "--properties", "n"], {
        environment: { ...environment, WHOM_SERVER: proxy.url },
      });
      expect(ended.exitCode, ended.notes).toBe(0);
      const lines = ended.output.split("\n").filter((line) => line.includes("id "));
      const numbers = lines.map((line) => Number(/id \\?"+(\d+)/.exec(line)?.[1]));
      expect(new Set(numbers).size).toBe(numbers.length);
      const deleted = new Set([0, 2, 4].flatMap((n) => [n, n + 1, 60 + n, 250 + n]));
      const kept = Array.from({ length: COUNT }, (_, n) => n).filter((n) => !deleted.has(n));
      expect(kept.filter((n) => !numbers.includes(n))).toEqual([]);
      expect(numbers).toEqual(numbers.toSorted((left, right) => left - right));
    },
  );

  it("gives up when nothing comes any more, and says so", async () => {
    const { environment, url } = await many();
    const proxy = await brittle(
      url,
      [5_000, ...new Array<number>(20).fill(1)],
      async () => undefined,
    );
    const { WHOM_USERNAME, WHOM_SECRET, WHOM_PROJECT } = environment;
    const address = {
      url: proxy.url,
      authorization: basicCredentials(String(WHOM_USERNAME), String(WHOM_SECRET)),
      projectId: String(WHOM_PROJECT),
    };
    const request = {
      ...readRequest(undefined, {}),
      format: "ndjson",
      isSpreadsheetSafe: true,
    } as const;
    const file = join(await temporaryFolder(), "profiles");
    const { terminal } = recordingTerminal();
    const parts = serverRows(address, request, 1);
    const running = runExport(terminal, parts, { file, isGzipped: false });
    await expect(running).rejects.toMatchObject({ code: "server.unreachable" });
    expect(proxy.asked.length).toBeLessThan(10);
    expect(existsSync(file) || existsSync(`${file}.part`)).toBe(false);
  });

  it("holds all that was written before it ends", async () => {
    const { environment } = await many();
    const { output } = await whom(["export", "--format", "csv"], { environment });
    expect(output).toContain(LAST.replaceAll('"', '""'));
  });
});
