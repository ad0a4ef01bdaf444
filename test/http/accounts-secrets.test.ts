import { describe, expect, it } from "vitest";
import type { Route } from "../../src/http/route.ts";
import { ROUTES } from "../../src/http/routes.ts";
import { basic } from "../support/server.ts";
import { startTenants } from "./accounts-support.ts";

/** The endpoints that are there to show keys. */
const SHOW_KEYS: ReadonlySet<string> = new Set(["project_keys", "organization_projects"]);

const READING = ROUTES.filter(({ family, methods }) => family === "app" && methods.includes("GET"));

async function startWithMarkers() {
  const tenants = await startTenants();
  const { project, bank, login, ask, org } = tenants;
  const foreign = await login("foreign", "owner", [bank]);
  const analyst = await login("analyst", "analyst");
  const { json } = await ask("POST", `${org}/service-accounts`, {
    username: "made",
    projects: [{ id: project.id, role: "consumer" }],
  });
  const accounts = tenants.server.directory.serviceAccounts();
  const ids: Readonly<Record<string, number>> = {
    organization_id: 1,
    project_id: project.id,
    workspace_id: project.workspaces[0]?.id ?? 0,
    id: json.results.id,
  };
  const urlsOf = ({ paths }: Route) =>
    paths.map((path) => path.replaceAll(/:([a-z_]+)/g, (_, name) => String(ids[name] ?? 1)));
  return {
    ...tenants,
    urlsOf,
    analyst,
    /** What no answer may hold: secrets of service accounts, and what is kept of them. */
    never: [
      tenants.owner.secret,
      foreign.secret,
      analyst.secret,
      String(json.results.token),
      ...accounts.map(({ secretHash }) => secretHash),
      ...accounts.map(({ secretHash }) => secretHash.split("$").at(-1) ?? ""),
      bank.token,
      bank.apiSecret,
    ],
    keys: [project.token, project.apiSecret],
  };
}

describe("the answers of the App API", () => {
  it("are looked at below, all of them", () => {
    expect(READING.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["me", "project_list", "service_account_list", ...SHOW_KEYS]),
    );
  });

  it("never show a secret of a service account or what is kept of it, nor keys to managers but where they ask", async () => {
    const { urlsOf, ask, never, keys } = await startWithMarkers();
    for (const route of READING) {
      for (const url of urlsOf(route)) {
        const { text } = await ask("GET", url);
        const hidden = SHOW_KEYS.has(route.name) ? never : [...never, ...keys];
        expect([url, hidden.filter((marker) => text.includes(marker))]).toEqual([url, []]);
      }
    }
  });

  it("show keys where managers ask for them", async () => {
    const { urlsOf, ask, keys } = await startWithMarkers();
    for (const route of READING.filter(({ name }) => SHOW_KEYS.has(name))) {
      for (const url of urlsOf(route)) {
        const { status, text } = await ask("GET", url);
        expect(status).toBe(200);
        for (const key of keys) expect(text).toContain(key);
      }
    }
  });

  it("show no keys to those that do not manage", async () => {
    const { server, urlsOf, ask, never, keys, analyst, project } = await startWithMarkers();
    const weak = [
      analyst.authorization,
      server.secretAuthorization,
      basic(project.token, ""),
      basic("owner.000000.whom-service-account", "guess"),
    ];
    for (const authorization of weak) {
      for (const url of READING.flatMap(urlsOf)) {
        const { text } = await ask("GET", url, undefined, authorization);
        const shown = [...never, ...keys].filter((marker) => text.includes(marker));
        expect([url, shown]).toEqual([url, []]);
      }
    }
  });
});

describe("the secret of a new service account", () => {
  it("is shown once", async () => {
    const { server, ask, org } = await startTenants();
    const { json, text } = await ask("POST", `${org}/service-accounts`, { username: "a" });
    const { token, id } = json.results;
    expect(text).not.toContain(server.directory.serviceAccountById(id)?.secretHash ?? "?");
    for (const path of [`${org}/service-accounts`, `${org}/service-accounts/${id}`]) {
      expect((await ask("GET", path)).text).not.toContain(token);
    }
  });
});

describe("the log", () => {
  it("names no secret, key or header, whatever went right or wrong", async () => {
    const { server, urlsOf, ask, org, project, owner, never, keys } = await startWithMarkers();
    const { json } = await ask("POST", `${org}/service-accounts`, { username: "logged" });
    const { secret, token } = (await ask("GET", `/settings/project/${project.id}/metadata`)).json
      .results;
    await ask("POST", `${org}/service-accounts`, { username: owner.secret.repeat(2) });
    await ask("POST", `${org}/service-accounts`, { username: 1, token: owner.secret });
    await ask("GET", `/api/app/me?api_secret=${secret}&token=${token}`);
    for (const url of READING.flatMap(urlsOf)) await ask("GET", url);
    const log = server.log.join("");
    expect(log).toContain("/api/app/me");
    const markers = [
      ...never,
      ...keys,
      json.results.token,
      owner.authorization.slice("Basic ".length),
    ];
    expect(markers.filter((marker) => log.includes(marker))).toEqual([]);
  });
});
