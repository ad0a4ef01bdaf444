import { beforeEach, describe, expect, it } from "vitest";
import {
  base64,
  setting,
  TEXT_1,
  TOKEN,
  UpdateEndpoint,
  VERBOSE_1,
} from "../support/update-endpoint.ts";
import { COMPANIES, idsOf, propertiesOf, query, USERS } from "../support/updates.ts";

let endpoint: UpdateEndpoint;
beforeEach(() => {
  endpoint = new UpdateEndpoint();
});

describe("what the clients send", () => {
  it("takes single calls of npm mixpanel: GET, base64 escaped", async () => {
    const record = {
      $set: { plan: "pro", name: "Zoë >>> ???" },
      $token: TOKEN,
      $distinct_id: "ada",
      $time: 1_600_000_000_000,
    };
    const data = encodeURIComponent(base64(record));
    expect(await endpoint.send({ query: `ip=0&verbose=0&data=${data}` })).toEqual(TEXT_1);
    expect(await propertiesOf(endpoint.store, "ada")).toEqual(
      new Map([
        ["plan", "pro"],
        ["name", "Zoë >>> ???"],
      ]),
    );
    const increment = encodeURIComponent(
      base64({ $add: { n: 2 }, $token: TOKEN, $distinct_id: "ada" }),
    );
    expect(await endpoint.send({ query: `ip=0&verbose=1&data=${increment}` })).toEqual(VERBOSE_1);
    expect((await propertiesOf(endpoint.store, "ada"))?.get("n")).toBe(2);
  });

  it("takes batches of npm mixpanel: base64 with its + unescaped", async () => {
    const records = Array.from({ length: 50 }, (_, n) =>
      setting(`id${n}`, { text: "~~>>??û>".repeat(n) }),
    );
    const data = base64(records);
    expect(data).toContain("+");
    expect(await endpoint.send({ query: "ip=0&verbose=0", body: `data=${data}` })).toEqual(TEXT_1);
    expect(await endpoint.store.count(query())).toBe(50);
    expect((await propertiesOf(endpoint.store, "id49"))?.get("text")).toBe("~~>>??û>".repeat(49));
  });

  it.each([
    ["the URL-safe alphabet", (data: string) => data.replaceAll("+", "-").replaceAll("/", "_")],
    ["no padding", (data: string) => data.replace(/=+$/, "")],
    ["line ends", (data: string) => encodeURIComponent(data.replace(/(.{60})/g, "$1\n"))],
    ["escapes", (data: string) => encodeURIComponent(data)],
    ["spaces around", (data: string) => `+${data}+`],
  ])("takes base64 with %s", async (_, change) => {
    const texts = ["~~~>>>???", "a", "ab", "abc", "û>û?û~"];
    for (const [n, text] of texts.entries()) {
      const data = change(base64(setting(`id${n}`, { text })));
      expect(await endpoint.send({ body: `data=${data}` })).toEqual(TEXT_1);
      expect((await propertiesOf(endpoint.store, `id${n}`))?.get("text")).toBe(text);
    }
  });

  it("keeps every digit of ids that are numbers of 64 bits", async () => {
    const record = (id: string): string => `{"$token":"${TOKEN}","$distinct_id":${id},"$set":{}}`;
    const body = `[${record("1234567890123456788")},${record("1234567890123456789")}]`;
    expect(await endpoint.send({ body })).toEqual(TEXT_1);
    const data = Buffer.from(record("-1234567890123456790")).toString("base64");
    expect(await endpoint.send({ body: `data=${data}` })).toEqual(TEXT_1);
    expect(await idsOf(endpoint.store)).toEqual([
      "-1234567890123456790",
      "1234567890123456788",
      "1234567890123456789",
    ]);
    const group = `{"$token":"${TOKEN}","$group_key":"company","$group_id":1234567890123456789,"$set":{}}`;
    expect(await endpoint.send({ body: group, target: "groups" })).toEqual(TEXT_1);
    expect(await idsOf(endpoint.store, { scope: COMPANIES })).toEqual(["1234567890123456789"]);
  });

  it("takes what Python sends: a form with JSON and verbose in the body", async () => {
    const record = {
      $token: TOKEN,
      $distinct_id: "ada",
      $time: 1_600_000_000.5,
      $set: { email: "a+b@c.d", "100%": "ü" },
    };
    const body = new URLSearchParams({
      data: JSON.stringify(record),
      verbose: "1",
      ip: "0",
    }).toString();
    expect(await endpoint.send({ body })).toEqual(VERBOSE_1);
    const keys = await endpoint.store.select(query());
    const [row] = await endpoint.store.read(USERS, keys);
    expect(JSON.parse(row?.propertiesJson ?? "")).toEqual({
      email: "a+b@c.d",
      "100%": "ü",
      $last_seen: "2020-09-13T12:26:40",
    });
  });

  it("takes what Go sends: an array, with texts for booleans", async () => {
    await endpoint.send({
      body: JSON.stringify([setting("ada", { a: 1 }), setting("bob", { a: 1 })]),
    });
    const body = JSON.stringify([
      { $token: TOKEN, $distinct_id: "ada", $delete: "null", $ignore_alias: "true" },
    ]);
    expect(await endpoint.send({ body })).toEqual(TEXT_1);
    expect(await idsOf(endpoint.store)).toEqual(["bob"]);
    const group = [
      { $token: TOKEN, $group_key: "company", $group_id: "acme", $union: { users: ["ada"] } },
    ];
    expect(await endpoint.send({ body: JSON.stringify(group), target: "groups" })).toEqual(TEXT_1);
    expect((await propertiesOf(endpoint.store, "acme", COMPANIES))?.get("users")).toEqual(["ada"]);
  });

  it("takes what browsers send: extra members, the id to delete, a beacon of plain text", async () => {
    const extra = { $device_id: "d1", $user_id: "ada", $had_persisted_distinct_id: false };
    const set = { ...setting("ada", { $browser: "Firefox" }), ...extra };
    const beacon = `data=${encodeURIComponent(base64([set]))}`;
    expect(await endpoint.send({ query: "ip=1&_=1714557600000&verbose=1", body: beacon })).toEqual(
      VERBOSE_1,
    );
    expect(await propertiesOf(endpoint.store, "ada")).toEqual(new Map([["$browser", "Firefox"]]));
    const remove = { $token: TOKEN, $distinct_id: "ada", $delete: "ada", ...extra };
    const json = `data=${encodeURIComponent(JSON.stringify([remove]))}`;
    expect(await endpoint.send({ query: "ip=1&_=1714557600001", body: json })).toEqual(TEXT_1);
    expect(await endpoint.store.count(query())).toBe(0);
  });

  it("takes what Elixir sends: GET with seconds", async () => {
    const record = {
      $token: TOKEN,
      $distinct_id: "13793",
      $ip: "123.123.123.123",
      $time: 1_600_000_000,
      $set: { Address: "1313 Mockingbird Lane" },
    };
    expect(await endpoint.send({ query: `data=${encodeURIComponent(base64(record))}` })).toEqual(
      TEXT_1,
    );
    expect(await idsOf(endpoint.store)).toEqual(["13793"]);
  });

  it("takes what mixpanel-import and mixpanel-utils send", async () => {
    const body = JSON.stringify([setting("ada", { a: 1 }), setting("bob", { a: 1 })]);
    const strict = await endpoint.send({ query: "ip=0&verbose=1&strict=1&project_id=1", body });
    expect(strict.body).toBe(
      '{"error": null, "status": 1, "failed_records": [], "num_good_events": 2}',
    );
    const form = `data=${encodeURIComponent(base64([setting("cyd", {})]))}&project_id=1`;
    expect(await endpoint.send({ query: "verbose=1", body: form })).toEqual(VERBOSE_1);
    expect(await idsOf(endpoint.store)).toEqual(["ada", "bob", "cyd"]);
  });

  it.each([
    ["one bare object", "", JSON.stringify(setting("ada", {}))],
    ["white space and a byte order mark", "", `\ufeff \n${JSON.stringify([setting("ada", {})])}\n`],
    [
      "JSON in the query string",
      `data=${encodeURIComponent(JSON.stringify(setting("ada", {})))}`,
      "",
    ],
    ["unescaped JSON in a form", "", `data=${JSON.stringify(setting("ada", { a: "50% off" }))}`],
    [
      "data in the query string beside a form",
      `data=${encodeURIComponent(base64(setting("ada", {})))}`,
      "ip=0",
    ],
    [
      "members that say nothing",
      "test=1&api_key=x&redirect=y&ip=1",
      JSON.stringify(setting("ada", {})),
    ],
  ])("takes %s", async (_, queryString, body) => {
    expect(await endpoint.send({ query: queryString, body })).toEqual(TEXT_1);
    expect(await idsOf(endpoint.store)).toEqual(["ada"]);
  });
});
