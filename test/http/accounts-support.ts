/**
 * Two tenants on a server, and JSON requests by their service accounts.
 *
 * @module
 */
import { onTestFinished } from "vitest";
import type { Project, Role, ServiceAccount } from "../../src/project/project.ts";
import {
  type Answer,
  basic,
  type RawRequest,
  startTestServer,
  type TestServer,
} from "../support/server.ts";

/** A service account with what it sends. */
export interface Login {
  readonly account: ServiceAccount;
  readonly secret: string;
  readonly authorization: string;
}

/** A request by somebody. */
export type Ask = (
  method: NonNullable<RawRequest["method"]>,
  url: string,
  body?: unknown,
  authorization?: string,
) => Promise<Answer>;

/** A server with the projects `test` and `bank`. */
export interface Tenants {
  readonly server: TestServer;
  readonly project: Project;
  readonly bank: Project;
  /** Of the organization. */
  readonly org: string;
  login(name: string, role: Role, projects?: readonly Project[]): Promise<Login>;
  /** Asks as an owner of `test`, unless it says otherwise. */
  readonly ask: Ask;
  readonly owner: Login;
}

/** Starts a server that stops with the test. */
export async function startTenants(): Promise<Tenants> {
  const server = await startTestServer();
  onTestFinished(() => server.stop());
  const { directory, project } = server;
  const bank = await directory.createProject({ name: "bank", timeZone: "Europe/Berlin" });
  const login = async (
    name: string,
    role: Role,
    projects: readonly Project[] = [project],
  ): Promise<Login> => {
    const projectIds = projects.map(({ id }) => id);
    const { account, secret } = await directory.createServiceAccount({ name, projectIds, role });
    return { account, secret, authorization: basic(account.username, secret) };
  };
  const owner = await login("owner", "owner");
  const ask: Ask = (method, url, body, authorization = owner.authorization) =>
    server.send({
      method,
      url,
      headers: { authorization, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    server,
    project,
    bank,
    org: "/api/app/organizations/1",
    login,
    ask,
    owner,
  };
}
