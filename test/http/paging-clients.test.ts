import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Answer,
  fill,
  idsOf,
  type Parameters,
  startTestServer,
  type TestServer,
  userId,
} from "../support/server.ts";

let server: TestServer;

describe("every client's way to read all pages", () => {
  const COUNT = 1000;
  const everything = Array.from({ length: COUNT }, (_, n) => userId(n));

  beforeAll(async () => {
    server = await startTestServer();
    await fill(server, COUNT);
  });

  afterAll(() => server.stop());

  type Fetch = (parameters: Parameters) => Promise<Answer>;

  /** Each reads everything the way the client it is named after does; a loop that does not end fails by time. */
  const CLIENTS: Readonly<Record<string, (fetch: Fetch) => Promise<string[]>>> = {
    "the documentation: until a page is short": async (fetch) => {
      const ids: string[] = [];
      let session: string | undefined;
      for (let page = 0; ; page += 1) {
        const answer = await fetch({ page, session_id: session ?? "" });
        session = answer.json.session_id;
        ids.push(...idsOf(answer));
        if (answer.json.results.length < answer.json.page_size) return ids;
      }
    },
    "mixpanel-utils: twenty at a time after the first": async (fetch) => {
      const first = await fetch({});
      const { total, page_size, page, session_id } = first.json;
      const pages = [];
      for (let next = page + 1; next < Math.ceil(total / page_size); next += 1) pages.push(next);
      const rest = await Promise.all(pages.map((next) => fetch({ page: next, session_id })));
      return [first, ...rest].flatMap(idsOf);
    },
    "engage.js: until the total is used up": async (fetch) => {
      let answer = await fetch({});
      let left = answer.json.total;
      const ids: string[] = [];
      for (;;) {
        ids.push(...idsOf(answer));
        left -= answer.json.results.length;
        if (left < 1) return ids;
        answer = await fetch({ page: answer.json.page + 1, session_id: answer.json.session_id });
      }
    },
    "tap-mixpanel: one page too many": async (fetch) => {
      const ids: string[] = [];
      let session = "";
      let total = 0;
      let page = 0;
      for (let offset = 0; offset <= total; page += 1) {
        const answer = await fetch({ page, session_id: session });
        total = answer.json.total;
        session = answer.json.session_id;
        ids.push(...idsOf(answer));
        offset += answer.json.page_size;
        if (!session) break;
      }
      return ids;
    },
    "airbyte: by the total of the first page": async (fetch) => {
      const first = await fetch({});
      const { total, page_size, session_id } = first.json;
      const ids = idsOf(first);
      for (let page = 0; total > page_size * (page + 1); ) {
        page += 1;
        ids.push(...idsOf(await fetch({ page, session_id })));
      }
      return ids;
    },
    "mixpanel-headless: until empty or without a session": async (fetch) => {
      const ids: string[] = [];
      let session: string | null | undefined;
      for (let page = 0; ; page += 1) {
        const answer = await fetch(
          session === undefined ? { page } : { page, session_id: session },
        );
        session = answer.json.session_id ?? null;
        ids.push(...idsOf(answer));
        if (answer.json.results.length === 0 || session === null) return ids;
      }
    },
    "mixpanel-import: from the answer's page, until empty": async (fetch) => {
      const ids: string[] = [];
      let query: Parameters = { page: 0, session_id: "" };
      for (;;) {
        const answer = await fetch(query);
        if (answer.json.results.length === 0) return ids;
        ids.push(...idsOf(answer));
        query = { page: answer.json.page + 1, session_id: answer.json.session_id };
      }
    },
    "Nango: until a page is short or all are there": async (fetch) => {
      const ids: string[] = [];
      let answer = await fetch({});
      for (;;) {
        for (const name of ["page", "page_size", "total"]) {
          expect(Number.isInteger(answer.json[name])).toBe(true);
        }
        expect(answer.json.session_id).toBeTypeOf("string");
        ids.push(...idsOf(answer));
        const { results, page_size, total, page, session_id } = answer.json;
        if (!(results.length >= page_size && total > ids.length)) return ids;
        answer = await fetch({ page: page + 1, session_id });
      }
    },
    "scripts: until as many as the total": async (fetch) => {
      let answer = await fetch({});
      const ids = idsOf(answer);
      while (ids.length < answer.json.total) {
        answer = await fetch({ page: answer.json.page + 1, session_id: answer.json.session_id });
        ids.push(...idsOf(answer));
      }
      return ids;
    },
  };

  describe.each(Object.entries(CLIENTS))("%s", (_name, read) => {
    it.each([1, 7, 250, 333, 1000, 5000])("with pages of %i", async (size) => {
      const ids = await read((parameters) =>
        server.query({ page_size: size, where: "true", ...parameters }),
      );
      expect(ids).toEqual(everything);
    });
  });

  it("ends a client that wants pages of the length it asked for", async () => {
    const answer = await server.query({ page_size: 5000 });
    expect(answer.json.results.length).toBeLessThan(5000);
  });
});
