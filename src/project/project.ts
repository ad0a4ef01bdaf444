/**
 * Projects (tenants), their workspaces and the service accounts that may ask about them.
 *
 * @module
 */

/** What a service account may do in a project, strongest first. */
export type Role = "owner" | "admin" | "analyst" | "consumer";

/** A named view of a project. */
export interface Workspace {
  readonly id: number;
  readonly name: string;
  /** The workspace without a filter, which a request without `workspace_id` gets. */
  readonly isGlobal: boolean;
  /** A selector that is ANDed with every query of the workspace. */
  readonly selector: string | undefined;
}

/** How much a project may be queried; undefined members are unlimited. */
export interface ProjectQuota {
  readonly queriesPerHourMax: number | undefined;
  readonly queriesAtOnceMax: number | undefined;
}

/** A tenant. */
export interface Project {
  readonly id: number;
  readonly name: string;
  /** Names the project in records that write. */
  readonly token: string;
  /** Proves the right to read it. */
  readonly apiSecret: string;
  /** IANA name. */
  readonly timeZone: string;
  readonly workspaces: readonly Workspace[];
  readonly quota: ProjectQuota;
  readonly createdAtMs: number;
}

/** A login of a program. */
export interface ServiceAccount {
  readonly id: number;
  /** `name.292e7c.whom-service-account` */
  readonly username: string;
  /** What scrypt left of the secret, with its salt and cost. */
  readonly secretHash: string;
  readonly roles: readonly { readonly projectId: number; readonly role: Role }[];
  readonly createdAtMs: number;
  /** Undefined never expires. */
  readonly expiresAtMs: number | undefined;
}

/** Who asks. */
export type Principal =
  | { readonly kind: "service_account"; readonly username: string }
  | { readonly kind: "project_secret" }
  | { readonly kind: "project_token" }
  | { readonly kind: "signed_request" };

/** A proven right to read one project, through one of its workspaces. */
export interface Access {
  readonly principal: Principal;
  readonly role: Role;
  readonly project: Project;
  readonly workspace: Workspace;
}
