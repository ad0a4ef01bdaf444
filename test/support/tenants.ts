/**
 * Two projects of one server with the same distinct ids, devices, events, group keys and cohorts, told apart by a marker in
 * every value and by how many they have.
 *
 * @module
 */
import { expect } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { testClock } from "./clock.ts";
import {
  type Answer,
  basic,
  encodeQuery,
  type Parameters,
  type RawRequest,
  startTestServer,
  type TestServer,
} from "./server.ts";

export const MARKS = { alpha: "MARKERALPHA", beta: "MARKERBETA" } as const;
export type Name = keyof typeof MARKS;
export const NAMES: readonly Name[] = ["alpha", "beta"];
export const OTHER: Readonly<Record<Name, Name>> = { alpha: "beta", beta: "alpha" };

/** Whose the device that both have is, how often each user bought, and for how much. */
export const FACTS = {
  alpha: { owner: "id 0", purchaseCount: 2, amount: 1 },
  beta: { owner: "id 1", purchaseCount: 3, amount: 100 },
} as const;

export const USER_COUNT = 4;
export const DEVICE = "$device:shared";
export const SECONDS: number = Date.parse("2024-05-09T10:00:00Z") / 1000;
export const DAYS = { from_date: "2024-05-01", to_date: "2024-05-10" } as const;
export const BOUGHT: readonly object[] = [
  { name: "bought", window: "30d", event_selectors: [{ event: "Buy" }] },
];
const NOW_MS = Date.parse("2024-05-10T12:00:00Z");

interface Tenant {
  readonly projectId: number;
  readonly token: string;
  readonly workspaceId: number;
  /** Of the secret and of a service account; the last may manage. */
  readonly credentials: readonly string[];
}

/** The method of a request. */
export type Method = NonNullable<RawRequest["method"]>;

/** An answer that says it went well. */
export async function must(answering: Promise<Answer>): Promise<Answer> {
  const answer = await answering;
  if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text}`);
  return answer;
}

/** Expects nothing of the other tenant; names of accounts are in lower case. */
export function expectOnlyOwn(name: Name, { text, headers }: Answer): void {
  const foreign = MARKS[OTHER[name]].toLowerCase();
  expect(text.toLowerCase()).not.toContain(foreign);
  expect(JSON.stringify(headers).toLowerCase()).not.toContain(foreign);
}

/** The tenants, and a server that has both. */
export class TenantPair {
  readonly server: TestServer;
  readonly #tenants = new Map<Name, Tenant>();

  private constructor(server: TestServer) {
    this.server = server;
  }

  /** Makes both, with all they have. */
  static async start(store: Store): Promise<TenantPair> {
    const server = await startTestServer({
      store,
      clock: testClock(NOW_MS),
      project: { name: "alpha" },
    });
    await server.directory.createProject({ name: "beta" });
    const pair = new TenantPair(server);
    for (const name of NAMES) await pair.#make(name);
    for (const name of NAMES) await pair.#write(name);
    for (const name of NAMES) await pair.#save(name);
    return pair;
  }

  of(name: Name): Tenant {
    const found = this.#tenants.get(name);
    if (found === undefined) throw new Error(`no tenant ${name}`);
    return found;
  }

  /** Sends a request as the service account. */
  call(name: Name, method: Method, url: string, body?: unknown): Promise<Answer> {
    const authorization = this.of(name).credentials.at(-1) ?? "";
    return this.server.send({
      method,
      url,
      headers: { authorization, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** Asks the Query API by GET and POST with each credential: all are answered alike, and none with the other's. */
  async ask(name: Name, path: string, parameters: Parameters): Promise<Answer> {
    const { credentials, projectId } = this.of(name);
    const all = { project_id: projectId, ...parameters };
    const answers: Answer[] = [];
    for (const authorization of credentials) {
      const headers = { authorization };
      const body = JSON.stringify(all);
      answers.push(
        await this.server.send({ method: "POST", url: path, headers, body }),
        await this.server.send({ url: `${path}?${encodeQuery(all)}`, headers }),
      );
    }
    const [first] = answers;
    if (first === undefined) throw new Error("the tenant has no credentials");
    for (const { status } of answers) expect(status).toBe(first.status);
    for (const answer of answers) expectOnlyOwn(name, answer);
    return first;
  }

  async #make(name: Name): Promise<void> {
    const { directory } = this.server;
    const project = directory.projectByName(name);
    if (project === undefined) throw new Error("no project");
    const view = await directory.createWorkspace(project.id, {
      name: `view ${MARKS[name]}`,
      selector: `properties["$distinct_id"] == "id 0" and properties["mark"] == "${MARKS[name]}"`,
    });
    const { account, secret } = await directory.createServiceAccount({
      name: `account ${MARKS[name]}`,
      projectIds: [project.id],
      role: "owner",
    });
    this.#tenants.set(name, {
      projectId: project.id,
      token: project.token,
      workspaceId: view.id,
      credentials: [basic(project.apiSecret, ""), basic(account.username, secret)],
    });
  }

  async #write(name: Name): Promise<void> {
    const { token, projectId } = this.of(name);
    const mark = MARKS[name];
    const { owner, purchaseCount, amount } = FACTS[name];
    const post = (url: string, body: unknown) => must(this.call(name, "POST", url, body));
    const $transactions = [{ $time: "2024-05-09T10:00:00", $amount: amount }];
    const users = Array.from({ length: USER_COUNT }, (_, n) => ({
      $token: token,
      $distinct_id: `id ${n}`,
      $set: { mark, n: amount, $transactions },
    }));
    await post("/engage?strict=1&verbose=1", users);
    await post("/groups?strict=1&verbose=1", [
      { $token: token, $group_key: "team", $group_id: "t", $set: { mark } },
    ]);
    const at = { time: SECONDS, team: "t", mark };
    const purchases = users.flatMap(({ $distinct_id: distinct_id }) =>
      Array.from({ length: purchaseCount }, (_, n) => ({
        event: "Buy",
        properties: { ...at, distinct_id, $insert_id: `${distinct_id} ${n}`.replaceAll(" ", "-") },
      })),
    );
    await post(`/import?strict=1&project_id=${projectId}`, purchases);
    // The insert ids are the same in both projects, and so is the device.
    const tracked = [
      { event: "View", properties: { ...at, $device_id: "shared", $insert_id: "view" } },
      {
        event: "Sign in",
        properties: { ...at, $device_id: "shared", $user_id: owner, $insert_id: "sign" },
      },
      { event: mark, properties: { ...at, distinct_id: mark, $insert_id: "own" } },
    ].map(({ event, properties }) => ({ event, properties: { token, ...properties } }));
    await post("/track?verbose=1&strict=1", tracked);
  }

  async #save(name: Name): Promise<void> {
    const mark = MARKS[name];
    const prefix = `/api/app/projects/${this.of(name).projectId}`;
    const post = (path: string, body: unknown) =>
      must(this.call(name, "POST", `${prefix}${path}`, body));
    await post("/data-groups", {
      property_name: "team",
      display_name: mark,
      metadata: { mark },
    });
    await post("/cohorts", {
      name: "bought",
      description: mark,
      selector: `behaviors["bought"] == ${FACTS[name].purchaseCount} and properties["mark"] == "${mark}"`,
      behaviors: BOUGHT,
    });
    await post("/cohorts", { name: "list", description: mark });
    // A number that was counted is shown again until the cohort is changed.
    this.server.clock.nowMs += 1;
    await post("/cohorts/2/members", ["id 0", mark, `stranger ${mark}`]);
    await post("/cohorts", {
      name: "nested",
      description: mark,
      selector: 'cohort("bought") and cohort("list")',
    });
    await post("/cohorts", { name: `named ${mark}`, selector: `cohort(3) or cohort(2)` });
  }
}
