import { describe, expect, it } from "vitest";
import { ProjectDirectory } from "../../src/project/directory.ts";
import {
  withGrantsBy,
  withoutGrantsBy,
  withoutProjectsBy,
  withoutServiceAccountsBy,
  withProjectsBy,
  withServiceAccountBy,
} from "../../src/project/management.ts";
import type { Role, ServiceAccount } from "../../src/project/project.ts";
import { codeOfFailure, manualClock } from "./support.ts";

const ROLES: readonly Role[] = ["owner", "admin", "analyst", "consumer"];

/** Two tenants, A and B, and accounts in them. */
async function makeTenants() {
  const directory = ProjectDirectory.inMemory(manualClock());
  const a = (await directory.createProject({ name: "A" })).id;
  const b = (await directory.createProject({ name: "B" })).id;
  const account = async (
    name: string,
    role: Role,
    projectIds: readonly number[] = [a],
  ): Promise<ServiceAccount> =>
    (await directory.createServiceAccount({ name, projectIds, role })).account;
  const rolesOf = ({ username }: ServiceAccount) => directory.serviceAccount(username)?.roles;
  return { directory, a, b, account, rolesOf };
}

const parts = (projectId: number, role: Role) => ({
  name: "made",
  grants: [{ projectId, role }],
  expiresAtMs: undefined,
  secretHash: "$scrypt$",
});

/** Which roles each role may give: none stronger than itself, and only managers at all. */
const GIVEN: Readonly<Record<Role, readonly Role[]>> = {
  owner: ROLES,
  admin: ["admin", "analyst", "consumer"],
  analyst: [],
  consumer: [],
};

describe.each(ROLES)("the role %s", (own) => {
  it.each(ROLES)("gives and takes the role %s only as its own strength allows", async (role) => {
    const { directory, a, account, rolesOf } = await makeTenants();
    const actor = await account("actor", own);
    const holder = await account("holder", role);
    const target = await account("target", "consumer");
    const may = GIVEN[own].includes(role);
    const outcome = async (action: () => unknown): Promise<boolean> => {
      try {
        await action();
        return true;
      } catch {
        return false;
      }
    };
    const { username } = actor;
    expect(
      await outcome(() =>
        directory.change((data, nowMs) =>
          withServiceAccountBy(data, username, parts(a, role), nowMs),
        ),
      ),
    ).toBe(may);
    expect(
      await outcome(() =>
        directory.change((data) =>
          withGrantsBy(data, username, [{ projectId: a, role }], [target.id]),
        ),
      ),
    ).toBe(may);
    expect(rolesOf(target)).toEqual([{ projectId: a, role: may ? role : "consumer" }]);
    const lower = [{ projectId: a, role: "consumer" as const }];
    expect(
      await outcome(() =>
        directory.change((data) => withGrantsBy(data, username, lower, [holder.id])),
      ),
    ).toBe(may);
    await directory.setServiceAccountRole(holder.username, a, role);
    const withdrawal = { projectId: a, accountIds: [holder.id] };
    expect(
      await outcome(() =>
        directory.change((data) => withoutGrantsBy(data, username, [withdrawal])),
      ),
    ).toBe(may);
    await directory.setServiceAccountRole(holder.username, a, role);
    expect(
      await outcome(() =>
        directory.change((data) => withoutServiceAccountsBy(data, username, [holder.id])),
      ),
    ).toBe(may);
    expect(directory.serviceAccount(holder.username) === undefined).toBe(may);
  });
});

describe("an owner of one tenant", () => {
  it("cannot give roles in another", async () => {
    const { directory, a, b, account, rolesOf } = await makeTenants();
    const { username, id } = await account("actor", "owner");
    const target = await account("target", "consumer");
    const foreign = [{ projectId: b, role: "consumer" as const }];
    const failures = [
      () =>
        directory.change((data, nowMs) =>
          withServiceAccountBy(data, username, parts(b, "consumer"), nowMs),
        ),
      () => directory.change((data) => withGrantsBy(data, username, foreign, [target.id])),
      () => directory.change((data) => withGrantsBy(data, username, foreign, [id])),
      () => directory.change((data) => withoutProjectsBy(data, username, [b])),
      () => directory.change((data) => withoutProjectsBy(data, username, [a, b])),
    ];
    for (const action of failures) {
      expect(await codeOfFailure(action)).toBe("access.project_forbidden");
    }
    expect(rolesOf(target)).toEqual([{ projectId: a, role: "consumer" }]);
    expect(directory.projects()).toHaveLength(2);
    expect(directory.serviceAccounts()).toHaveLength(2);
  });

  it("cannot tell the accounts of another from those that are not", async () => {
    const { directory, a, b, account, rolesOf } = await makeTenants();
    const { username } = await account("actor", "owner");
    const foreign = await account("foreign", "consumer", [b]);
    const grants = [{ projectId: a, role: "consumer" as const }];
    for (const id of [foreign.id, 1]) {
      for (const action of [
        () => directory.change((data) => withGrantsBy(data, username, grants, [id])),
        () =>
          directory.change((data) =>
            withoutGrantsBy(data, username, [{ projectId: b, accountIds: [id] }]),
          ),
        () => directory.change((data) => withoutServiceAccountsBy(data, username, [id])),
      ]) {
        expect(await codeOfFailure(action)).toBe("project.service_account_missing");
      }
    }
    expect(rolesOf(foreign)).toEqual([{ projectId: b, role: "consumer" }]);
  });

  it("does not delete an account that another tenant uses, but takes it out of its own", async () => {
    const { directory, a, b, account, rolesOf } = await makeTenants();
    const { username } = await account("actor", "owner");
    const shared = await account("shared", "analyst", [a, b]);
    expect(
      await codeOfFailure(() =>
        directory.change((data) => withoutServiceAccountsBy(data, username, [shared.id])),
      ),
    ).toBe("access.service_account_shared");
    const withdrawal = { projectId: a, accountIds: [shared.id] };
    await directory.change((data) => withoutGrantsBy(data, username, [withdrawal]));
    expect(rolesOf(shared)).toEqual([{ projectId: b, role: "analyst" }]);
  });

  it("changes nothing at all when a part of a request is refused", async () => {
    const { directory, a, b, account, rolesOf } = await makeTenants();
    const { username } = await account("actor", "owner");
    const target = await account("target", "consumer");
    const foreign = await account("foreign", "consumer", [b]);
    const grants = [{ projectId: a, role: "admin" as const }];
    await codeOfFailure(() =>
      directory.change((data) => withGrantsBy(data, username, grants, [target.id, foreign.id])),
    );
    await codeOfFailure(() =>
      directory.change((data) => withoutServiceAccountsBy(data, username, [target.id, foreign.id])),
    );
    expect(rolesOf(target)).toEqual([{ projectId: a, role: "consumer" }]);
  });

  it("has the rights it has when the change is made", async () => {
    const { directory, a, account } = await makeTenants();
    const { username } = await account("actor", "owner");
    const make = () =>
      directory.change((data, nowMs) =>
        withServiceAccountBy(data, username, parts(a, "admin"), nowMs),
      );
    await directory.setServiceAccountRole(username, a, "analyst");
    expect(await codeOfFailure(make)).toBe("access.role_too_weak");
    await directory.revokeServiceAccount(username);
    expect(await codeOfFailure(make)).toBe("access.unauthenticated");
  });
});

describe("an account that another one made", () => {
  it("is seen by its maker while it has no role, and says who made it", async () => {
    const { directory, a, account, rolesOf } = await makeTenants();
    const actor = await account("actor", "admin");
    const stranger = await account("stranger", "owner");
    const made = await directory.change((data, nowMs) =>
      withServiceAccountBy(data, actor.username, { ...parts(a, "admin"), grants: [] }, nowMs),
    );
    expect(made.creator).toEqual({ id: actor.id, username: actor.username });
    expect(made.roles).toEqual([]);
    const grants = [{ projectId: a, role: "analyst" as const }];
    expect(
      await codeOfFailure(() =>
        directory.change((data) => withGrantsBy(data, stranger.username, grants, [made.id])),
      ),
    ).toBe("project.service_account_missing");
    await directory.change((data) => withGrantsBy(data, actor.username, grants, [made.id]));
    expect(rolesOf(made)).toEqual(grants);
  });
});

describe("projects", () => {
  const add = (directory: ProjectDirectory, { username }: ServiceAccount, names: string[]) =>
    directory.change((data, nowMs) => withProjectsBy(data, username, names, nowMs));

  it("are made by owners of all projects, who own them then", async () => {
    const { directory, a, b, account, rolesOf } = await makeTenants();
    const ofOne = await account("one", "owner");
    const admin = await account("admin", "admin", [a, b]);
    const ofAll = await account("all", "owner", [a, b]);
    for (const actor of [ofOne, admin]) {
      expect(await codeOfFailure(() => add(directory, actor, ["C"]))).toBe(
        "access.organization_owner_required",
      );
    }
    const made = await add(directory, ofAll, ["C", "D"]);
    expect(made.map(({ name }) => name)).toEqual(["C", "D"]);
    expect(rolesOf(ofAll)).toHaveLength(4);
    await add(directory, ofAll, ["E"]);
    expect(directory.projects()).toHaveLength(5);
  });

  it("are made all or none", async () => {
    const { directory, a, b, account } = await makeTenants();
    const ofAll = await account("all", "owner", [a, b]);
    expect(await codeOfFailure(() => add(directory, ofAll, ["C", "C"]))).toBe("project.exists");
    expect(directory.projects()).toHaveLength(2);
  });

  it("are removed by their owners, with every key and role", async () => {
    const { directory, a, account, rolesOf } = await makeTenants();
    const owner = await account("owner", "owner");
    const admin = await account("admin", "admin");
    const { token, apiSecret } = directory.projectById(a) ?? { token: "", apiSecret: "" };
    const remove = ({ username }: ServiceAccount) =>
      directory.change((data) => withoutProjectsBy(data, username, [a]));
    expect(await codeOfFailure(() => remove(admin))).toBe("access.role_too_weak");
    await remove(owner);
    expect(directory.projectById(a)).toBeUndefined();
    expect(directory.projectByToken(token)).toBeUndefined();
    expect(directory.projectBySecret(apiSecret)).toBeUndefined();
    expect([rolesOf(owner), rolesOf(admin)]).toEqual([[], []]);
    expect((await directory.createProject({ name: "A" })).id).not.toBe(a);
  });
});
