import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engineError } from "../../src/duckdb/engine-budget.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { startTestServer, type TestServer, userId } from "../support/server.ts";

const COUNT = 600;
const TEXT = `é\u{1F600}"${"x".repeat(4000)}`;

interface Page {
  readonly results: readonly {
    readonly $distinct_id: string;
    readonly $properties: { readonly text: string };
  }[];
}

let server: TestServer;
let url: string;

beforeAll(async () => {
  server = await startTestServer({ settings: { bodyBytesMax: 8 * 1024 * 1024 } });
  const records = Array.from({ length: COUNT }, (_, n) => ({
    $distinct_id: userId(n),
    $set: { n, text: TEXT },
  }));
  expect((await server.write(records)).json.status).toBe(1);
  url = await server.listen("127.0.0.1", 0);
});

afterAll(() => server.stop());

/** A page over a socket, where parts are parts. */
async function fetchPage(query: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/api/query/engage?${query}`, {
    headers: { authorization: server.secretAuthorization, ...headers },
  });
}

describe("a page of megabytes", () => {
  it("has all of its profiles, whole", async () => {
    const response = await fetchPage("page_size=5000", { "accept-encoding": "identity" });
    expect(response.headers.get("transfer-encoding")).toBe("chunked");
    const page = (await response.json()) as Page;
    expect(page).toMatchObject({ page: 0, page_size: 5000, status: "ok", total: COUNT });
    expect(page.results.map((row) => row.$distinct_id)).toEqual(
      Array.from({ length: COUNT }, (_, n) => userId(n)),
    );
    expect(new Set(page.results.map(({ $properties }) => $properties.text))).toEqual(
      new Set([TEXT]),
    );
  });

  it("is the same compressed", async () => {
    const plain = await fetchPage("page_size=5000", { "accept-encoding": "identity" });
    const compressed = await fetchPage("page_size=5000", { "accept-encoding": "gzip" });
    expect(compressed.headers.get("content-encoding")).toBe("gzip");
    const [left, right] = (await Promise.all([plain.json(), compressed.json()])) as Page[];
    expect(right?.results).toEqual(left?.results);
  });

  it("is short again when few properties are asked for", async () => {
    const response = await fetchPage("page_size=5000&output_properties=%5B%22n%22%5D", {
      "accept-encoding": "identity",
    });
    const text = await response.text();
    expect(response.headers.get("content-length")).toBe(String(Buffer.byteLength(text)));
    expect(JSON.parse(text).results).toHaveLength(COUNT);
  });
});

it("an engine that is out of memory is answered with what to do", async () => {
  const store = new MemoryStore();
  const message =
    "Out of Memory Error: could not allocate block of size 256.0 KiB (1.9 GiB/1.9 GiB used)";
  store.freeze = () => Promise.reject(engineError(new Error(message)));
  const failing = await startTestServer({ store });
  try {
    const { status, headers, json } = await failing.query();
    expect([status, headers["retry-after"]]).toEqual([503, "1"]);
    expect(json).toMatchObject({
      code: "data.out_of_memory",
      error: "the storage engine ran out of memory: 1.9 GiB/1.9 GiB used",
      hint: expect.stringContaining("--memory-limit"),
    });
  } finally {
    await failing.stop();
  }
});
