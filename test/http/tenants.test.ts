import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../src/store/memory.ts";
import { describeTenants } from "../suites/tenants.suite.ts";
import { type Answer, basic, encodeQuery, startTestServer } from "../support/server.ts";

const MARK = "MARKERALPHA";

describeTenants("the store in memory", async () => ({
  store: new MemoryStore(),
  end: async () => undefined,
}));

describe("two tenants", () => {
  it("never see anything of each other, by any road", async () => {
    const server = await startTestServer();
    const { directory, project: alpha } = server;
    const beta = await directory.createProject({ name: "beta" });
    const view = await directory.createWorkspace(alpha.id, {
      name: `${MARK}-view`,
      selector: `properties["${MARK}-name"] == "${MARK}-value"`,
    });
    await server.set(`${MARK}-id`, { [`${MARK}-name`]: `${MARK}-value`, plan: "pro" });
    for (let n = 0; n < 5; n += 1) await server.set(`${MARK}-${n}`, { plan: "pro" });
    await server.write(
      [{ $group_key: `${MARK}-key`, $group_id: `${MARK}-group`, $set: { a: MARK } }],
      "groups",
    );
    const opened = await server.query({ page_size: 2 });
    expect(opened.text).toContain(MARK);
    const session = opened.json.session_id as string;
    const { dataGroupId } = await import("../../src/query/data-group.ts");

    const answers: Answer[] = [];
    const { account, secret } = await directory.createServiceAccount({
      name: "beta",
      projectIds: [beta.id],
      role: "owner",
    });
    const credentials = [basic(beta.apiSecret, ""), basic(account.username, secret)];
    for (const authorization of credentials) {
      const ask = async (parameters: object, path = "/api/query/engage") => {
        for (const method of ["GET", "POST"] as const) {
          const body = JSON.stringify({ project_id: beta.id, ...parameters });
          const query = encodeQuery(JSON.parse(body));
          answers.push(
            await server.send(
              method === "GET"
                ? { url: `${path}?${query}`, headers: { authorization } }
                : { method, url: path, headers: { authorization }, body },
            ),
          );
        }
      };
      await ask({});
      await ask({ project_id: alpha.id });
      await ask({ workspace_id: view.id });
      await ask({ workspace_id: alpha.workspaces[0]?.id });
      for (const page of [0, 1, 2]) await ask({ session_id: session, page });
      await ask({ session_id: session, page: 1, where: "true", page_size: 2 });
      await ask({ data_group_id: dataGroupId(`${MARK}-key`) });
      await ask({ search: "marker" });
      await ask({ where: 'defined(properties["plan"])', output_properties: ["plan"] });
      await ask({ distinct_ids: Array.from({ length: 20 }, (_, n) => String(n)) });
      await ask({}, "/api/query/engage/properties");
      await ask({ project_id: alpha.id }, "/api/2.0/engage/properties");
    }
    answers.push(await server.send({ url: "/metrics" }));
    answers.push(await server.send({ url: "/openapi.json" }));
    // A write with the other's project_id is refused, and one with the own token lands in the own project.
    answers.push(
      await server.send({
        method: "POST",
        url: `/engage?verbose=1&project_id=${alpha.id}`,
        body: JSON.stringify({ $token: beta.token, $distinct_id: "b", $set: { b: 1 } }),
      }),
    );
    for (const { text, headers } of answers) {
      expect(text).not.toContain(MARK);
      expect(JSON.stringify(headers)).not.toContain(MARK);
    }
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(10);

    // What beta did under alpha's session id leaves alpha's session as it was.
    const later = await server.query({ session_id: session, page: 1 });
    expect(later.json).toMatchObject({ total: 6, page: 1 });
    expect(later.text).toContain(MARK);
    // Everything in beta's answers that is a result would have been alpha's: beta has no profile.
    for (const { json, status } of answers.slice(0, -3)) {
      if (status === 200 && Array.isArray(json.results)) expect(json.results).toEqual([]);
    }
    await server.stop();
  });
});
