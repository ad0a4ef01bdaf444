import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RawRequest, startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.set("ada", { plan: "pro" });
  await server.set("bob", { plan: "free" });
});

afterAll(() => server.stop());

const JSON_TYPE = { "content-type": "application/json" };
const FORM_TYPE = { "content-type": "application/x-www-form-urlencoded" };
const PRO = 'properties["plan"] == "pro"';
const PRO_ESCAPED = encodeURIComponent(PRO);

async function ids(request: Partial<RawRequest>): Promise<string> {
  const { status, json } = await server.send({
    method: "POST",
    url: "/api/query/engage",
    ...request,
    headers: { authorization: server.secretAuthorization, ...request.headers },
  });
  if (status !== 200) return `${status} ${json.error}`;
  return json.results.map((row: { $distinct_id: string }) => row.$distinct_id).join(" ");
}

describe("the address of Query Profiles", () => {
  const paths = ["/api/query/engage", "/api/2.0/engage"].flatMap((path) => [
    path,
    `${path}/`,
    `${path}/query`,
    `${path}/query/`,
    `${path}%23query-profiles`,
    `http://profiles.example:80${path}`,
  ]);

  it.each(paths)("%s answers GET and POST without a redirect", async (path) => {
    expect(await ids({ method: "GET", url: `${path}?where=${PRO_ESCAPED}` })).toBe("ada");
    expect(await ids({ url: path, body: JSON.stringify({ where: PRO }) })).toBe("ada");
    expect(await ids({ url: `${path}?where=${PRO_ESCAPED}`, body: "" })).toBe("ada");
  });

  it("answers a credential check: a GET without parameters", async () => {
    expect(await ids({ method: "GET", url: "/api/2.0/engage" })).toBe("ada bob");
    expect(await ids({ url: "/api/query/engage" })).toBe("ada bob");
  });
});

describe("a parameter", () => {
  it.each<[string, Partial<RawRequest>, string]>([
    ["in a JSON body", { body: JSON.stringify({ where: PRO }), headers: JSON_TYPE }, "ada"],
    [
      "in JSON labelled a form",
      { body: JSON.stringify({ where: PRO }), headers: FORM_TYPE },
      "ada",
    ],
    ["in JSON without a label", { body: JSON.stringify({ where: PRO }) }, "ada"],
    [
      "in JSON with a mark and spaces",
      { body: `\ufeff \n${JSON.stringify({ where: PRO })}\n` },
      "ada",
    ],
    ["in a form", { body: `where=${PRO_ESCAPED}`, headers: FORM_TYPE }, "ada"],
    ["in a form labelled JSON", { body: `where=${PRO_ESCAPED}`, headers: JSON_TYPE }, "ada"],
    [
      "under a content type that is none",
      { body: `where=${PRO_ESCAPED}`, headers: { "content-type": "garbage;;=" } },
      "ada",
    ],
    ["in an unescaped form", { body: `where=${PRO}`, headers: FORM_TYPE }, "ada"],
    ["beside a stray percent sign", { body: `where=${PRO}&x=100%&y=%zz` }, "ada"],
    ["in the query string of a POST", { url: `/api/query/engage?where=${PRO_ESCAPED}` }, "ada"],
    [
      "in both, where the body wins",
      { url: `/api/query/engage?where=${PRO_ESCAPED}`, body: '{"where":""}' },
      "ada bob",
    ],
    [
      "in both, where a form wins too",
      { url: `/api/query/engage?where=${PRO_ESCAPED}`, body: "where=" },
      "ada bob",
    ],
    [
      "in both, where the members join",
      { url: `/api/query/engage?where=${PRO_ESCAPED}`, body: '{"distinct_ids":["bob"]}' },
      "",
    ],
    [
      "in the body of a GET, which is not read",
      { method: "GET", body: JSON.stringify({ where: PRO }), headers: JSON_TYPE },
      "ada bob",
    ],
    ["as a native list", { body: JSON.stringify({ distinct_ids: ["ada"] }) }, "ada"],
    ["as a list in a text", { body: JSON.stringify({ distinct_ids: '["ada"]' }) }, "ada"],
    ["as a native number", { body: JSON.stringify({ limit: 1 }) }, "ada"],
    ["as a number in a text", { body: JSON.stringify({ limit: "1" }) }, "ada"],
    [
      "as null",
      { body: JSON.stringify({ limit: null, where: null, distinct_ids: null }) },
      "ada bob",
    ],
    [
      "as the words for null",
      { body: "limit=None&distinct_ids=null&page=null&session_id=None&sort_order=None" },
      "ada bob",
    ],
    ["in a body of broken JSON", { body: '{"where": "x' }, "ada bob"],
    ["in a body of JSON that is no object", { body: '"&where=broken"' }, "ada bob"],
    ["in a body that is a list", { body: "[1,2]" }, "ada bob"],
    ["in a body that is a number", { body: "12" }, "ada bob"],
    ["in a body of bytes", { body: Buffer.from([0, 255, 1, 38, 61, 37]) }, "ada bob"],
    ["twice, where the last wins", { body: `where=broken(&where=${PRO}` }, "ada"],
    ["in gzip", { body: gzipSync(`{"limit":1}`), headers: { "content-encoding": "gzip" } }, "ada"],
    [
      "in deflate",
      { body: deflateSync("limit=1"), headers: { "content-encoding": "deflate" } },
      "ada",
    ],
    [
      "in bare deflate",
      { body: deflateRawSync("limit=1"), headers: { "content-encoding": "deflate" } },
      "ada",
    ],
    [
      "in brotli",
      { body: brotliCompressSync("limit=1"), headers: { "content-encoding": "br" } },
      "ada",
    ],
    ["under an empty encoding", { body: "limit=1", headers: { "content-encoding": "" } }, "ada"],
    ["under identity", { body: "limit=1", headers: { "content-encoding": "identity" } }, "ada"],
  ])("is read %s", async (_name, request, expected) => {
    expect(await ids(request)).toBe(expected);
  });

  it.each<[string, Partial<RawRequest>, string]>([
    [
      "a cohort in an unescaped form",
      { body: 'filter_by_cohort={"id": 5666308}' },
      "400 Invalid cohort id: 5666308",
    ],
    [
      "a cohort as JSON within JSON",
      { body: '{"filter_by_cohort":"{\\"id\\":1}"}' },
      "400 Invalid cohort id: 1",
    ],
    [
      "a cohort as native JSON",
      { body: '{"filter_by_cohort":{"id":1}}' },
      "400 Invalid cohort id: 1",
    ],
    [
      "a cohort in the address",
      { method: "GET", url: '/api/2.0/engage?filter_by_cohort={"id":%20N}' },
      "400 Invalid JSON Format: filter_by_cohort",
    ],
  ])("is recognised in odd form: %s", async (_name, request, expected) => {
    expect(await ids(request)).toBe(expected);
  });

  it("may carry project_id in the body only", async () => {
    const headers = { authorization: await server.authorization() };
    const { id } = server.project;
    expect(await ids({ headers, body: JSON.stringify({ project_id: String(id) }) })).toBe(
      "ada bob",
    );
    expect(await ids({ headers, body: JSON.stringify({ project_id: id }) })).toBe("ada bob");
    expect(await ids({ headers, body: `project_id=${id}&where=${PRO}` })).toBe("ada");
    expect(await ids({ headers, body: "" })).toBe("400 Missing required parameter: project_id");
  });
});

describe("page_size", () => {
  it.each([
    [undefined, 1000],
    ["", 1000],
    [1, 1],
    ["250", 250],
    [0, 1],
    [-5, 1],
    [5000, 5000],
    [99_999, 5000],
  ])("%j becomes %i", async (size, used) => {
    const { json } = await server.query({ page_size: size });
    expect(json.page_size).toBe(used);
  });
});

describe("a request line and its headers", () => {
  it("gets the id it chose, or a new one", async () => {
    const chosen = await server.send({
      url: "/health/live",
      headers: { "x-request-id": "abc-1.2" },
    });
    expect(chosen.headers["x-request-id"]).toBe("abc-1.2");
    const refused = await server.send({
      url: "/health/live",
      headers: { "x-request-id": 'a"b c' },
    });
    expect(refused.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("is answered with headers that keep a browser from guessing", async () => {
    const { headers } = await server.query();
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
    });
    expect(headers).not.toHaveProperty("server");
    expect(headers).not.toHaveProperty("x-powered-by");
  });

  it("is logged in one line without secrets, bodies or query strings", async () => {
    server.log.splice(0);
    await server.send({
      method: "POST",
      url: "/api/query/engage?where=secretwhere&api_key=secretkey",
      headers: { authorization: "Basic secretcredential" },
      body: "search=secretbody",
    });
    await server.send({ url: "/engage?data=secretdata" });
    expect(server.log).toHaveLength(2);
    expect(JSON.parse(server.log[0] ?? "")).toMatchObject({
      method: "POST",
      path: "/api/query/engage",
      route: "engage_query",
      status: 401,
    });
    expect(server.log.join("")).not.toContain("secret");
  });
});

describe("a browser", () => {
  const origin = "https://app.example";

  it("may write with its cookies from any page", async () => {
    const { status, headers } = await server.send({
      method: "OPTIONS",
      url: "/engage/",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-custom",
      },
    });
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-credentials": "true",
      "access-control-allow-headers": "content-type,x-custom",
    });
    const answer = await server.send({
      method: "POST",
      url: "/engage/?verbose=1",
      headers: { origin },
    });
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-credentials": "true",
    });
    expect(answer.headers["access-control-expose-headers"]).toContain("Retry-After");
  });

  it("may query with credentials a page knows, not with remembered ones", async () => {
    const { headers } = await server.send({
      method: "OPTIONS",
      url: "/api/query/engage",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
      },
    });
    expect(headers["access-control-allow-origin"]).toBe("*");
    expect(headers["access-control-allow-headers"]).toBe("authorization");
    expect(headers).not.toHaveProperty("access-control-allow-credentials");
  });

  it("gets OPTIONS without an origin and HEAD answered, without a query or a write", async () => {
    expect((await server.send({ method: "OPTIONS", url: "/api/2.0/engage" })).status).toBe(204);
    const data = Buffer.from(
      JSON.stringify({ $token: server.project.token, $distinct_id: "head", $set: { a: 1 } }),
    ).toString("base64url");
    const head = await server.send({ method: "HEAD", url: `/engage?data=${data}` });
    expect(head.status).toBe(200);
    expect(head.text).toBe("");
    expect((await server.send({ method: "HEAD", url: "/api/query/engage" })).status).toBe(200);
    expect((await server.query({ distinct_id: "head" })).json.total).toBe(0);
  });
});

describe("the paths that write", () => {
  it.each(["/engage", "/engage/", "/engage%23profile-set", "/engage%23profile-set?verbose=0"])(
    "%s takes GET and POST",
    async (path) => {
      const record = { $token: server.project.token, $distinct_id: "w", $set: { path } };
      const posted = await server.send({
        method: "POST",
        url: path,
        body: JSON.stringify([record]),
      });
      expect(posted.text).toBe("1");
      expect(posted.headers["content-type"]).toMatch(/^text\/plain/);
      const data = Buffer.from(JSON.stringify(record)).toString("base64");
      const separator = path.includes("?") ? "&" : "?";
      const got = await server.send({ url: `${path}${separator}data=${encodeURIComponent(data)}` });
      expect(got.text).toBe("1");
      const { json } = await server.query({ distinct_id: "w" });
      await server.write([{ $distinct_id: "w", $delete: "" }]);
      expect(json.results[0].$properties.path).toBe(path);
    },
  );
});

describe("a request that is wrong", () => {
  it("counts for the quota of its project", async () => {
    const limited = await startTestServer({
      project: { quota: { queriesPerHourMax: 3, queriesAtOnceMax: undefined } },
    });
    expect((await limited.query({ page: -1 })).status).toBe(400);
    expect((await limited.query({ where: "((" })).status).toBe(400);
    const properties = "/api/query/engage/properties";
    expect((await limited.get({ limit: "x" }, properties)).status).toBe(400);
    expect((await limited.query({ page: -1 })).status).toBe(429);
    expect((await limited.get({}, properties)).status).toBe(429);
    await limited.stop();
  });
});

describe("the document", () => {
  it("describes every parameter of the table in OpenAPI 3.1", async () => {
    const { json } = await server.send({ url: "/openapi.json" });
    expect(json.openapi).toBe("3.1.0");
    const { ROUTES } = await import("../../src/http/routes.ts");
    const paths = ROUTES.flatMap((route) => route.paths);
    expect(Object.keys(json.paths)).toEqual([
      ...new Set(paths.map((path) => path.replaceAll(/:(\w+)/g, "{$1}"))),
    ]);
    const names = ROUTES.filter(({ family }) => family === "query").flatMap(
      ({ paths: [path = ""] }) =>
        json.paths[path].get.parameters.map(({ name }: { name: string }) => name),
    );
    const { PARAMETERS } = await import("../../src/http/parameter-table.ts");
    expect(new Set(names)).toEqual(new Set(Object.keys(PARAMETERS)));
    expect(json.components.schemas.Failure.properties.error.type).toBe("string");
    const { get, post } = json.paths["/engage"];
    expect(Object.keys(post.requestBody.content)).toEqual([
      "application/json",
      "application/x-www-form-urlencoded",
    ]);
    expect(post.requestBody.required).toBe(false);
    expect(Object.keys(get.responses["200"].content)).toEqual(["text/plain", "application/json"]);
    expect(get.responses["4XX"].content["application/json"].schema.$ref).toMatch(/UpdateFailure$/);
    const lists = json.paths["/api/query/engage"].get.parameters.filter(
      ({ content }: { content?: object }) => content !== undefined,
    );
    expect(lists.map(({ name }: { name: string }) => name)).toEqual([
      "distinct_ids",
      "output_properties",
      "behaviors",
      "filter_by_cohort",
    ]);
    const operations = Object.values(json.paths).flatMap((path) => Object.values(path as object));
    const operationIds = operations.map(({ operationId }) => operationId);
    expect(new Set(operationIds).size).toBe(operationIds.length);
  });

  it("is shown as a page whose parts are all local", async () => {
    const { status, text } = await server.send({ url: "/docs/" });
    expect(status).toBe(200);
    expect(text).toContain("swagger-ui");
    expect(text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect((await server.send({ url: "/docs/static/swagger-ui-bundle.js" })).status).toBe(200);
  });
});
