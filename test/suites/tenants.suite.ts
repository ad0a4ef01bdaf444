/**
 * What no tenant may see of another, on any store.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataGroupId } from "../../src/query/data-group.ts";
import type { Store } from "../../src/store/store.ts";
import type { Parameters } from "../support/server.ts";
import {
  BOUGHT,
  DAYS,
  DEVICE,
  expectOnlyOwn,
  FACTS,
  MARKS,
  type Method,
  must,
  NAMES,
  OTHER,
  SECONDS,
  TenantPair,
  USER_COUNT,
} from "../support/tenants.ts";

/** Registers the suite. */
export function describeTenants(
  storeName: string,
  makeStore: () => Promise<{ readonly store: Store; readonly end: () => Promise<void> }>,
): void {
  describe(`two tenants of ${storeName}`, () => {
    let pair: TenantPair;
    let end: () => Promise<void>;

    beforeAll(async () => {
      const made = await makeStore();
      end = made.end;
      pair = await TenantPair.start(made.store);
    });

    afterAll(async () => {
      await pair.server.stop();
      await end();
    });

    describe.each(NAMES)("%s", (name) => {
      const mark = MARKS[name];
      const other = OTHER[name];
      const { owner, purchaseCount, amount } = FACTS[name];
      const users = Array.from({ length: USER_COUNT }, (_, n) => `id ${n}`);
      const eventCount = USER_COUNT * purchaseCount + 3;
      const idsOf = async (parameters: Parameters): Promise<readonly string[]> => {
        const { json, status, text } = await pair.ask(name, "/api/query/engage", parameters);
        if (status !== 200) throw new Error(text);
        return json.results.map((row: { $distinct_id: string }) => row.$distinct_id);
      };
      const statisticsOf = async (parameters: Parameters): Promise<unknown> => {
        const { json, status, text } = await pair.ask(name, "/api/query/engage/stats", parameters);
        if (status !== 200) throw new Error(text);
        return json.results;
      };
      const exported = async (parameters: Parameters) => {
        const { text, status } = await pair.ask(name, "/api/2.0/export", {
          ...DAYS,
          ...parameters,
        });
        expect(status).toBe(200);
        return text.split("\n").filter((line) => line !== "");
      };

      it("exports its own profiles alone, and nothing of the other's session", async () => {
        const path = "/api/query/engage/export";
        for (const parameters of [{}, { format: "csv", spreadsheet_safe: false }]) {
          const { text, headers } = await pair.ask(name, path, parameters);
          expect(headers["x-whom-total"]).toBe(String((await idsOf({ page_size: 5000 })).length));
          expect(text).toContain(mark);
          expect(text).not.toContain(MARKS[other]);
          const foreign = { ...parameters, session_id: headers["x-whom-session-id"] };
          expect((await pair.ask(other, path, foreign)).status).toBe(400);
        }
      });

      it("exports its own events alone", async () => {
        const lines = await exported({});
        expect(lines).toHaveLength(eventCount);
        for (const line of lines) expect(line).toContain(mark);
        expect(await exported({ event: MARKS[other] })).toEqual([]);
        expect(await exported({ where: `properties["mark"] == "${MARKS[other]}"` })).toEqual([]);
        expect(await exported({ where: `user["mark"] == "${MARKS[other]}"` })).toEqual([]);
      });

      it("joins a device to its own user", async () => {
        expect(await idsOf({ distinct_id: DEVICE })).toEqual([owner]);
        expect(await idsOf({ distinct_ids: [DEVICE, MARKS[other]] })).toEqual([owner]);
        const { json } = await pair.ask(name, "/api/query/stream/query", {
          distinct_ids: [DEVICE],
        });
        expect(json.results.events).toHaveLength(purchaseCount + 2);
        const { json: none } = await pair.ask(name, "/api/query/stream/query", {
          distinct_ids: [MARKS[other]],
        });
        expect(none.results.events).toEqual([]);
      });

      it("counts its own events in behaviors", async () => {
        const where = (count: number) => ({
          behaviors: BOUGHT,
          where: `behaviors["bought"] == ${count}`,
        });
        expect(await idsOf(where(purchaseCount))).toEqual(users);
        expect(await idsOf(where(FACTS[other].purchaseCount))).toEqual([]);
        const total = USER_COUNT * purchaseCount;
        expect(await idsOf({ ...where(total), data_group_id: "team" })).toEqual(["t"]);
        const first = { where: 'properties["$mp_first_event_time"] == "2024-05-09T10:00:00"' };
        expect(await idsOf(first)).toEqual(users);
      });

      it.each<[string, object, readonly string[]]>([
        ["by id", { filter_by_cohort: { id: 1 } }, users],
        ["by name", { where: 'cohort("bought")' }, users],
        ["by name of a nested one", { where: 'cohort("nested")' }, ["id 0"]],
        ["as a list", { filter_by_cohort: { id: 2 }, include_all_users: false }, ["id 0"]],
        [
          "as a list with strangers",
          { filter_by_cohort: { id: 2 }, include_all_users: true },
          [mark, "id 0", `stranger ${mark}`],
        ],
        ["by their own name", { where: `cohort("named ${mark}")` }, ["id 0"]],
        [
          "written out",
          {
            filter_by_cohort: {
              raw_cohort: {
                selector: `behaviors["bought"] >= ${purchaseCount} and cohort("bought")`,
                behaviors: BOUGHT,
              },
            },
          },
          users,
        ],
        [
          "written out with another's count",
          {
            filter_by_cohort: {
              raw_cohort: {
                selector: `behaviors["bought"] == ${FACTS[other].purchaseCount}`,
                behaviors: BOUGHT,
              },
            },
          },
          [],
        ],
      ])("filters by cohorts %s", async (_title, parameters, expected) => {
        expect(await idsOf({ ...parameters })).toEqual(expected);
      });

      it("does not know the other's cohort by its name, nor is told that there is one", async () => {
        const codeFor = async (cohort: string): Promise<unknown> => {
          const url = `/api/query/engage?project_id=${pair.of(name).projectId}`;
          const { json } = await pair.call(name, "POST", url, { where: `cohort("${cohort}")` });
          return json.code;
        };
        expect(await codeFor(`named ${MARKS[other]}`)).toBe("selector.unknown_cohort");
        expect(await codeFor("nobody's")).toBe("selector.unknown_cohort");
      });

      it("has numbers about its own profiles alone", async () => {
        expect(await statisticsOf({ action: "count()" })).toBe(USER_COUNT);
        expect(await statisticsOf({ action: 'sum(properties["n"])' })).toBe(USER_COUNT * amount);
        expect(await statisticsOf({ segment_by_cohorts: { 1: true, 2: true, 3: true } })).toEqual({
          1: USER_COUNT,
          2: 3,
          3: 1,
        });
        expect(await statisticsOf({ filter_by_cohort: { id: 2 }, include_all_users: true })).toBe(
          3,
        );
        const breakdown = await pair.ask(name, "/api/query/engage/breakdown", { property: "mark" });
        expect(breakdown.json.results).toMatchObject({
          total: USER_COUNT,
          values: [{ value: mark, count: USER_COUNT }],
        });
        const revenue = await pair.ask(name, "/api/query/engage/revenue", DAYS);
        expect(revenue.json.results.$overall).toEqual({
          amount: USER_COUNT * amount,
          count: USER_COUNT,
          paid_count: USER_COUNT,
        });
      });

      it("lists its own cohorts, members and data groups", async () => {
        const list = await pair.ask(name, "/api/query/cohorts/list", {});
        expect(
          list.json.map(({ id, count }: { id: number; count: number }) => [id, count]),
        ).toEqual([
          [1, USER_COUNT],
          [2, 3],
          [3, 1],
          [4, 3],
        ]);
        const { projectId, workspaceId } = pair.of(name);
        for (const prefix of [`projects/${projectId}`, `workspaces/${workspaceId}`]) {
          const paths = ["/cohorts", "/cohorts/1", "/cohorts/2/members", "/cohorts/3"];
          for (const path of [...paths, "/data-groups"]) {
            const answer = await must(pair.call(name, "GET", `/api/app/${prefix}${path}`));
            expectOnlyOwn(name, answer);
            expect(answer.text).toContain(mark);
          }
        }
      });

      it("sees its own projects, workspaces and service accounts", async () => {
        const { projectId } = pair.of(name);
        const paths = [
          "/api/app/me",
          "/api/app/organizations/1/service-accounts",
          "/api/app/organizations/1/projects",
          `/api/app/projects/${projectId}`,
          `/api/app/projects/${projectId}/service-accounts`,
          `/api/app/projects/${projectId}/workspaces`,
        ];
        for (const path of paths) {
          const answer = await pair.call(name, "GET", path);
          expectOnlyOwn(name, answer);
          expect(answer.text, path).not.toContain(String(pair.of(other).projectId));
          expect(answer.text, path).not.toContain(pair.of(other).token);
        }
        expect((await pair.call(name, "GET", "/api/app/me")).text).toContain(`view ${mark}`);
        const accounts = await pair.call(name, "GET", "/api/app/organizations/1/service-accounts");
        expect(accounts.text).toContain(mark.toLowerCase());
      });

      it("is given the data of its own users", async () => {
        const at = (token: string) => `/api/app/data-retrievals/v3.0?token=${token}`;
        const { token } = pair.of(name);
        const ids = ["id 0", DEVICE, MARKS[other]];
        const made = await must(pair.call(name, "POST", at(token), { distinct_ids: ids }));
        const task = made.json.results.task_id;
        const path = (given: string, suffix = "") =>
          `/api/app/data-retrievals/v3.0/${task}${suffix}?token=${given}`;
        const data = await must(pair.call(name, "GET", path(token, "/data")));
        expect(data.text).toContain(mark);
        expectOnlyOwn(name, data);
        // The other has no such task, and nobody but the owner of a token may use it.
        const foreign = pair.of(other).token;
        const unknown = await pair.call(other, "GET", path(foreign));
        expect(unknown.json.results).toMatchObject({ status: "NOT_FOUND", distinct_ids: [] });
        expect((await pair.call(other, "GET", path(foreign, "/data"))).status).toBe(404);
        const refused = [
          await pair.call(name, "POST", at(foreign), { distinct_ids: ids }),
          await pair.call(other, "GET", path(token, "/data")),
          await pair.call(other, "GET", path(token)),
          await pair.call(name, "POST", `/api/app/data-deletions/v3.0?token=${foreign}`, {
            distinct_ids: ids,
          }),
        ];
        expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
      });

      it("is refused whatever names the other's project or workspace", async () => {
        const { projectId, workspaceId } = pair.of(other);
        const queries: readonly (readonly [string, Parameters])[] = [
          ["/api/query/engage/stats", { action: "count()" }],
          ["/api/query/engage/breakdown", { property: "mark" }],
          ["/api/query/engage/revenue", DAYS],
          ["/api/query/stream/query", { distinct_ids: ["id 0"] }],
          ["/api/query/cohorts/list", {}],
          ["/api/2.0/export", DAYS],
          ["/api/query/engage/export", {}],
          ["/api/query/engage/export", { format: "csv" }],
        ];
        for (const [path, parameters] of queries) {
          const foreign = [{ project_id: projectId }, { workspace_id: workspaceId }];
          for (const named of [...foreign, { project_id: projectId, workspace_id: workspaceId }]) {
            const answer = await pair.ask(name, path, { ...parameters, ...named });
            expect([answer.status, path]).toEqual([403, path]);
          }
        }
      });

      it.each<readonly [Method, string, unknown]>([
        ["GET", "/cohorts", undefined],
        ["GET", "/cohorts/1", undefined],
        ["GET", "/cohorts/2/members", undefined],
        ["GET", "/data-groups", undefined],
        ["POST", "/cohorts", { name: "taken" }],
        ["PATCH", "/cohorts/1", { name: "taken" }],
        ["POST", "/cohorts/2/members?mode=replace", []],
        ["POST", "/cohorts/bulk-delete", { cohorts: [{ id: 1 }] }],
        ["DELETE", "/cohorts/3", undefined],
        ["DELETE", `/data-groups/${dataGroupId("team")}`, undefined],
        ["POST", `/data-groups/${dataGroupId("team")}`, { display_name: "taken" }],
      ])("is refused %s %s below the other's project and workspace", async (method, path, body) => {
        const { projectId, workspaceId } = pair.of(other);
        for (const prefix of [`projects/${projectId}`, `workspaces/${workspaceId}`]) {
          const answer = await pair.call(name, method, `/api/app/${prefix}${path}`, body);
          expect(answer.status).toBe(403);
          expectOnlyOwn(name, answer);
        }
      });

      it("is refused the other's project itself, and events for it", async () => {
        const { projectId } = pair.of(other);
        const project = await pair.call(name, "GET", `/api/app/projects/${projectId}`);
        expect([403, 404]).toContain(project.status);
        const events = [{ event: "x", properties: { distinct_id: "x", time: SECONDS } }];
        const imported = await pair.call(name, "POST", `/import?project_id=${projectId}`, events);
        expect([401, 403]).toContain(imported.status);
      });

      it("sees through its view the user of the view alone", async () => {
        const view = { workspace_id: pair.of(name).workspaceId };
        expect(await idsOf(view)).toEqual(["id 0"]);
        expect(await idsOf({ ...view, filter_by_cohort: { id: 1 } })).toEqual(["id 0"]);
        expect(await idsOf({ ...view, filter_by_cohort: 2, include_all_users: true })).toEqual([
          "id 0",
        ]);
        expect(await statisticsOf({ ...view, action: "count()" })).toBe(1);
        expect(await statisticsOf({ ...view, action: 'sum(properties["n"])' })).toBe(amount);
        expect(await statisticsOf({ ...view, segment_by_cohorts: { 1: true, 2: true } })).toEqual({
          1: 1,
          2: 1,
        });
        const strangers = { filter_by_cohort: { id: 2 }, include_all_users: true };
        expect(await statisticsOf({ ...view, ...strangers })).toBe(1);
        const breakdown = await pair.ask(name, "/api/query/engage/breakdown", {
          ...view,
          property: "mark",
        });
        expect(breakdown.json.results.total).toBe(1);
        const revenue = await pair.ask(name, "/api/query/engage/revenue", { ...view, ...DAYS });
        expect(revenue.json.results.$overall).toMatchObject({ amount, count: 1 });
        const own = purchaseCount + (owner === "id 0" ? 2 : 0);
        expect(await exported(view)).toHaveLength(own);
        const stream = (distinct_ids: readonly string[]) =>
          pair.ask(name, "/api/query/stream/query", { ...view, distinct_ids });
        expect((await stream([...users, mark])).json.results.events).toHaveLength(own);
        expect((await stream(["id 2"])).json.results.events).toEqual([]);
      });

      it("is refused events through a view that events cannot be asked about", async () => {
        const { directory } = pair.server;
        const { projectId } = pair.of(name);
        for (const selector of [
          'cohort("bought")',
          'not defined(properties["$mp_first_event_time"])',
        ]) {
          const view = await directory.createWorkspace(projectId, { name: selector, selector });
          const through = { workspace_id: view.id };
          const refused = [
            await pair.ask(name, "/api/2.0/export", { ...through, ...DAYS }),
            await pair.ask(name, "/api/query/stream/query", { ...through, distinct_ids: ["id 0"] }),
          ];
          expect(refused.map(({ status }) => status)).toEqual([400, 400]);
          await directory.deleteWorkspace(projectId, view.id);
        }
      });
    });

    it("are not touched by what the other erases, changes or deletes", async () => {
      const told = async () => [
        (await pair.ask("beta", "/api/query/engage", {})).json.results,
        (await pair.ask("beta", "/api/2.0/export", DAYS)).text,
        (await pair.ask("beta", "/api/query/cohorts/list", {})).json,
        await must(
          pair.call(
            "beta",
            "GET",
            `/api/app/projects/${pair.of("beta").projectId}/cohorts/2/members`,
          ),
        ).then(({ text }) => text),
        await pair.server.store.canonicalIds(pair.of("beta").projectId, [DEVICE, "id 0"]),
      ];
      const before = await told();
      const { token, projectId } = pair.of("alpha");
      const erased = await must(
        pair.call("alpha", "POST", `/api/app/data-deletions/v3.0?token=${token}`, {
          distinct_ids: [...Array.from({ length: USER_COUNT }, (_, n) => `id ${n}`), MARKS.beta],
        }),
      );
      const prefix = `/api/app/projects/${projectId}`;
      await must(pair.call("alpha", "POST", `${prefix}/cohorts/2/members?mode=replace`, ["x"]));
      await must(pair.call("alpha", "DELETE", `${prefix}/cohorts/1`));
      await must(pair.call("alpha", "DELETE", `${prefix}/data-groups/${dataGroupId("team")}`));
      expect(await told()).toEqual(before);
      expect((await pair.ask("alpha", "/api/query/engage", {})).json.results).toEqual([]);
      const task = erased.json.results.task_id;
      const foreign = await pair.call(
        "beta",
        "GET",
        `/api/app/data-deletions/v3.0/${task}?token=${pair.of("beta").token}`,
      );
      expect(foreign.json.results.status).toBe("NOT_FOUND");
    });

    it("have nothing of their values in the log", () => {
      const log = pair.server.log.join("");
      expect(log).toContain('"msg":"request"');
      for (const name of NAMES) expect(log).not.toContain(MARKS[name]);
    });
  });
}
