import { createServer, request as httpRequest, type Server } from "node:http";
import mixpanel from "mixpanel";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type ListeningServer, readProfile, startListening } from "./duckdb-server.ts";

/** The SDK's own types lack the port, and want texts where it takes only dates and numbers. */
// biome-ignore lint/suspicious/noExplicitAny: a caller in JavaScript has no types
type Sdk = any;

/** The methods of people or groups, found in the SDK and not in a list that could be short. */
function methodsOf(owner: object): ReadonlySet<string> {
  const names = new Set(Object.getOwnPropertyNames(Object.getPrototypeOf(owner)));
  names.delete("constructor");
  return names;
}

const NOW_MS = Date.UTC(2026, 4, 1, 10);
const NOW = "2026-05-01T10:00:00";
const TIME = new Date("2025-01-02T03:04:05.678Z");
const TIME_SEEN = "2025-01-02T03:04:05";

let server: ListeningServer;

beforeAll(async () => {
  // The SDK reads them when it is made, and would send everything there.
  vi.stubEnv("HTTPS_PROXY", undefined);
  vi.stubEnv("HTTP_PROXY", undefined);
  server = await startListening();
  server.clock.nowMs = NOW_MS;
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await server.end();
});

function init(config: object = {}): Sdk {
  const { host } = new URL(server.origin);
  return mixpanel.init(server.project.token, {
    host,
    protocol: "http",
    keepAlive: false,
    ...config,
  });
}

/** Calls a method whose last argument is its callback, and gives what the callback was given. */
function called(call: (callback: (error?: Error) => void) => void): Promise<Error | undefined> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("the callback was not called")), 10_000);
    call((error) => {
      clearTimeout(late);
      resolve(error);
    });
  });
}

/** A call for each way the SDK has to make it: what it is given, and what the profile then holds. */
type Call = readonly [title: string, method: string, args: readonly unknown[], after: object];

const SEEN = { $last_seen: NOW };

/** Each starts from a profile that `people.set` made. */
const BEFORE = { name: "Ada", n: 5, tags: ["a", "b", "a"], list: ["x"], gone: 1, also: 2 };

const PEOPLE: readonly Call[] = [
  [
    "an object",
    "set",
    [{ plan: "pro", name: "Zoë >>> ???" }],
    { plan: "pro", name: "Zoë >>> ???" },
  ],
  ["a name and a value", "set", ["plan", "pro"], { plan: "pro" }],
  [
    "a name, a value and modifiers",
    "set",
    ["plan", 7, { $time: TIME }],
    { plan: 7, $last_seen: TIME_SEEN },
  ],
  [
    "values of every kind",
    "set",
    [{ b: true, z: null, o: { a: { b: [1, "2"] } }, l: [1, [2]], f: -1.5, d: TIME }],
    { b: true, z: null, o: { a: { b: [1, "2"] } }, l: [1, [2]], f: -1.5, d: TIME.toISOString() },
  ],
  [
    "an object and every modifier",
    "set",
    [
      { plan: "pro" },
      { $ip: "127.0.0.1", $time: TIME, $ignore_alias: true, $latitude: 48.2, $longitude: 16.4 },
    ],
    { plan: "pro", $last_seen: TIME_SEEN },
  ],
  [
    "a time in milliseconds",
    "set",
    [{ a: 1 }, { $time: TIME.getTime() }],
    { a: 1, $last_seen: TIME_SEEN },
  ],
  [
    "a time in seconds",
    "set",
    [{ a: 1 }, { $time: TIME.getTime() / 1000 }],
    { a: 1, $last_seen: TIME_SEEN },
  ],
  ["$ignore_time", "set", [{ a: 1 }, { $ignore_time: true, $time: TIME }], { a: 1 }],
  [
    "ip and $ignore_time among the properties, which the SDK lifts out",
    "set",
    [{ a: 1, ip: "8.8.8.8", $ignore_time: true }],
    { a: 1 },
  ],
  ["an object", "set_once", [{ name: "not this", first: "yes" }], { first: "yes" }],
  ["a name and a value", "set_once", ["first", "yes"], { first: "yes" }],
  ["a name, there already", "set_once", ["name", "not this"], {}],
  [
    "an object and modifiers",
    "set_once",
    [{ first: 1 }, { $time: TIME }],
    { first: 1, $last_seen: TIME_SEEN },
  ],
  ["a name", "increment", ["n"], { n: 6 }],
  ["a name that is new", "increment", ["m"], { m: 1 }],
  ["a name and by how much", "increment", ["n", 2.5], { n: 7.5 }],
  ["a name and less", "increment", ["n", -7], { n: -2 }],
  ["a name and modifiers", "increment", ["n", { $time: TIME }], { n: 6, $last_seen: TIME_SEEN }],
  [
    "a name, by how much and modifiers",
    "increment",
    ["n", 4, { $time: TIME }],
    { n: 9, $last_seen: TIME_SEEN },
  ],
  ["an object", "increment", [{ n: 1, m: -3, text: "4" }], { n: 6, m: -3, text: 4 }],
  ["an object and modifiers", "increment", [{ n: 1 }, { $ignore_time: true }], { n: 6 }],
  ["what is no number", "increment", ["name", 1], {}],
  ["a name and a value", "append", ["tags", "c"], { tags: ["a", "b", "a", "c"] }],
  ["a new name", "append", ["fresh", { deep: [1] }], { fresh: [{ deep: [1] }] }],
  ["what is no list", "append", ["name", "Lovelace"], { name: ["Ada", "Lovelace"] }],
  ["an object", "append", [{ tags: 1, list: "x" }], { tags: ["a", "b", "a", 1], list: ["x", "x"] }],
  [
    "an object and modifiers",
    "append",
    [{ list: 2 }, { $time: TIME }],
    { list: ["x", 2], $last_seen: TIME_SEEN },
  ],
  ["a name, a value and modifiers", "append", ["list", 2, { $ip: "0" }], { list: ["x", 2] }],
  ["an amount", "track_charge", [29.99], { $transactions: [{ $amount: 29.99 }] }],
  ["an amount as text", "track_charge", ["19.5 EUR"], { $transactions: [{ $amount: 19.5 }] }],
  [
    "an amount and properties",
    "track_charge",
    [19, { $time: TIME, sku: "s" }],
    { $transactions: [{ $time: TIME.toISOString(), sku: "s", $amount: 19 }] },
  ],
  [
    "an amount, properties and modifiers",
    "track_charge",
    [19, { sku: "s" }, { $time: TIME }],
    { $transactions: [{ sku: "s", $amount: 19 }], $last_seen: TIME_SEEN },
  ],
  ["nothing else", "clear_charges", [], { $transactions: [] }],
  ["modifiers", "clear_charges", [{ $time: TIME }], { $transactions: [], $last_seen: TIME_SEEN }],
  ["a value", "remove", [{ tags: "a" }], { tags: ["b"] }],
  ["several", "remove", [{ tags: "b", list: "x" }], { tags: ["a", "a"], list: [] }],
  ["what is not there", "remove", [{ tags: "z", nothing: 1 }], {}],
  [
    "a value and modifiers",
    "remove",
    [{ tags: "b" }, { $time: TIME }],
    { tags: ["a", "a"], $last_seen: TIME_SEEN },
  ],
  ["a value", "union", [{ list: "y" }], { list: ["x", "y"] }],
  [
    "lists",
    "union",
    [{ list: ["x", "y", "y"], other: [1, "1"] }],
    { list: ["x", "y"], other: [1, "1"] },
  ],
  [
    "a list and modifiers",
    "union",
    [{ list: ["y"] }, { $time: TIME }],
    { list: ["x", "y"], $last_seen: TIME_SEEN },
  ],
  ["a name", "unset", ["gone"], { gone: undefined }],
  ["several", "unset", [["gone", "also", "never"]], { gone: undefined, also: undefined }],
  [
    "a name and modifiers",
    "unset",
    ["gone", { $time: TIME }],
    { gone: undefined, $last_seen: TIME_SEEN },
  ],
];

/** Methods of people that take a profile away are tried on their own. */
const OF_GROUPS: ReadonlySet<string> = new Set(["set", "set_once", "remove", "union", "unset"]);
const GROUPS: readonly Call[] = PEOPLE.filter(([, method]) => OF_GROUPS.has(method));

/** The profile a call leaves. */
function left(after: object, extra: object = {}): object {
  const all = { ...BEFORE, ...SEEN, ...extra, ...after };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

describe.each([
  ["verbose off", { verbose: false }],
  ["verbose on", { verbose: true }],
])("npm mixpanel, %s", (mode, config) => {
  it.each(PEOPLE.map((call, index) => [call[1], call[0], index, call] as const))(
    "people.%s: %s",
    async (_method, _title, index, [, method, args, after]) => {
      const { people } = init(config);
      const id = `people ${mode} ${index}`;
      expect(await called((done) => people.set(id, { ...BEFORE }, done))).toBeUndefined();
      // The SDK changes what it is given, so each call gets its own.
      const own = structuredClone(args);
      expect(await called((done) => people[method](id, ...own, done))).toBeUndefined();
      expect(await readProfile(server, id)).toEqual(left(after));
    },
  );

  it.each(GROUPS.map((call, index) => [call[1], call[0], index, call] as const))(
    "groups.%s: %s",
    async (_method, _title, index, [, method, args, after]) => {
      const { groups } = init(config);
      const key = "company id";
      const id = `Acme & Söhne ${mode} ${index}`;
      expect(await called((done) => groups.set(key, id, { ...BEFORE }, done))).toBeUndefined();
      const own = structuredClone(args);
      expect(await called((done) => groups[method](key, id, ...own, done))).toBeUndefined();
      const extra = { $group_key: key, $group_id: id };
      expect(await readProfile(server, id, key)).toEqual(left(after, extra));
    },
  );
});

describe.each([
  ["verbose off", { verbose: false }],
  ["verbose on", { verbose: true }],
  ["in test mode", { test: true }],
  ["with connections kept and geolocation on", { keepAlive: true, geolocate: true }],
])("npm mixpanel, %s", (mode, config) => {
  it("deletes people and groups", async () => {
    const { people, groups } = init(config);
    for (const rest of [[], [{ $ignore_alias: true }]]) {
      await called((done) => people.set("to go", { a: 1 }, done));
      await called((done) => groups.set("team", "to go", { a: 1 }, done));
      expect(await readProfile(server, "to go")).toEqual({ a: 1, ...SEEN });
      expect(await readProfile(server, "to go", "team")).toMatchObject({ a: 1 });
      expect(await called((done) => people.delete_user("to go", ...rest, done))).toBeUndefined();
      expect(
        await called((done) => groups.delete_group("team", "to go", ...rest, done)),
      ).toBeUndefined();
      expect(await readProfile(server, "to go")).toBeUndefined();
      expect(await readProfile(server, "to go", "team")).toBeUndefined();
    }
    expect(await called((done) => people.delete_user("was never there", done))).toBeUndefined();
  });

  it("keeps the order of calls that follow one another, and loses none that are made at once", async () => {
    const { people } = init(config);
    const id = `many ${mode}`;
    const errors = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        called((done) => people.increment(id, { total: n, count: 1 }, done)),
      ),
    );
    expect(errors.filter((error) => error !== undefined)).toEqual([]);
    for (const n of [1, 2, 3]) await called((done) => people.append(id, "order", n, done));
    expect(await readProfile(server, id)).toEqual({
      total: 4950,
      count: 100,
      order: [1, 2, 3],
      ...SEEN,
    });
  });
});

describe("npm mixpanel", () => {
  it("has no method of people or groups that is not tried here", () => {
    const { people, groups } = init();
    const tried = new Set(PEOPLE.map(([, method]) => method));
    expect(methodsOf(people)).toEqual(new Set([...tried, "delete_user"]));
    expect(methodsOf(groups)).toEqual(new Set([...OF_GROUPS, "delete_group"]));
  });

  it("sends batches through send_request: a form of unescaped base64", async () => {
    const sdk = init({ verbose: true });
    const data = Array.from({ length: 50 }, (_, n) => ({
      $token: server.project.token,
      $distinct_id: `batch ${n}`,
      // Gives `+` and `/` in base64.
      $set: { text: "~~>>??û>".repeat(n), n },
    }));
    expect(
      await called((done) => sdk.send_request({ method: "POST", endpoint: "/engage", data }, done)),
    ).toBeUndefined();
    for (let n = 0; n < 50; n += 1) {
      expect(await readProfile(server, `batch ${n}`)).toEqual({
        text: "~~>>??û>".repeat(n),
        n,
        ...SEEN,
      });
    }
  });

  it.each([
    "__proto__",
    "constructor",
    'a"b\\c',
    "'; drop table profiles; --",
    "\u0000",
    "名前 🜁",
    " ",
  ])("takes %j as a distinct id, a name and a value", async (text) => {
    const { people } = init();
    const properties: object = JSON.parse(`{${JSON.stringify(text)}:${JSON.stringify(text)}}`);
    // `{ ip }` and `$ignore_time` are looked up on it, so its prototype must stay ordinary.
    expect(await called((done) => people.set(text, properties, done))).toBeUndefined();
    const { json } = await server.query({ distinct_id: text });
    expect(json.total).toBe(1);
    const [row] = json.results;
    expect(row.$distinct_id).toBe(text);
    expect(Object.entries(row.$properties)).toContainEqual([text, text]);
  });

  it.each([
    ["verbose off", false, "Mixpanel Server Error: 0"],
    ["verbose on", true, "Mixpanel Server Error: '$set' is invalid: must be an object"],
  ])("is told what is wrong with a record, %s", async (_mode, verbose, message) => {
    const sdk = init({ verbose });
    const data = { $token: server.project.token, $distinct_id: "bad", $set: [1] };
    const error = await called((done) => sdk.send_request({ endpoint: "/engage", data }, done));
    expect(error?.message).toBe(message);
  });

  it.each([false, true])("does not learn that a token is unknown, verbose %s", async (verbose) => {
    const sdk = init({ verbose });
    sdk.token = "no such token";
    expect(await called((done) => sdk.people.set("nobody", { a: 1 }, done))).toBeUndefined();
    expect(await readProfile(server, "nobody")).toBeUndefined();
  });
});

describe("npm mixpanel, pointed elsewhere", () => {
  let proxy: Server | undefined;

  afterEach(() => {
    proxy?.close();
  });

  it("writes by host and port apart", async () => {
    const { hostname, port } = new URL(server.origin);
    const { people } = init({ host: hostname, port: Number(port) });
    expect(await called((done) => people.set("by port", { a: 1 }, done))).toBeUndefined();
    expect(await readProfile(server, "by port")).toEqual({ a: 1, ...SEEN });
  });

  it("writes by a path, through a proxy that takes the path off", async () => {
    const asked: string[] = [];
    proxy = createServer((incoming, answer) => {
      const path = incoming.url ?? "";
      asked.push(path);
      const outgoing = httpRequest(`${server.origin}${path.replace(/^\/whom/, "")}`, {
        method: incoming.method ?? "GET",
        headers: incoming.headers,
        agent: false,
      });
      outgoing.once("response", (response) => {
        answer.writeHead(response.statusCode ?? 500, response.headers);
        response.pipe(answer);
      });
      incoming.pipe(outgoing);
    });
    const port = await new Promise<number>((resolve) => {
      proxy?.listen(0, "127.0.0.1", () => {
        const address = proxy?.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
    const { people } = init({ host: `127.0.0.1:${port}`, path: "/whom" });
    expect(await called((done) => people.set("by path", { a: 1 }, done))).toBeUndefined();
    expect(asked[0]).toMatch(/^\/whom\/engage\?ip=0&verbose=0&data=/);
    expect(await readProfile(server, "by path")).toEqual({ a: 1, ...SEEN });
  });
});
