/**
 * Projects (tenants), their workspaces and the service accounts that may ask about them.
 *
 * @module
 */

import type { IdentityMode } from "../event/identity.ts";

/** What a service account may do in a project, strongest first. */
export type Role = "owner" | "admin" | "analyst" | "consumer";

/** The organization that all projects of a server belong to: clients ask for one by id. */
export const ORGANIZATION: { readonly id: number; readonly name: string } = { id: 1, name: "Whom" };

/** The service account that made something; it may be gone since. */
export interface Creator {
  readonly id: number;
  readonly username: string;
}

/** What is shown of a workspace; queries do not look at it. */
export interface WorkspaceAbout {
  readonly description: string;
  readonly isRestricted: boolean;
  readonly isVisible: boolean;
  /** The filters of the web app as JSON text, kept for clients that compare them; they filter nothing. */
  readonly dataFiltersJson: string | undefined;
  readonly createdAtMs: number;
  /** Undefined for one that the operator made. */
  readonly creator: Creator | undefined;
}

/** A named view of a project. */
export interface Workspace {
  readonly id: number;
  readonly name: string;
  /** The workspace without a filter, which a request without `workspace_id` gets. */
  readonly isGlobal: boolean;
  /** A selector that is ANDed with every query of the workspace. */
  readonly selector: string | undefined;
  /** Left out where nothing was ever said. */
  readonly about?: WorkspaceAbout;
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
  /** Which distinct ids are one user. Fixed once the project has data, which the directory cannot see. */
  readonly identity: IdentityMode;
  readonly createdAtMs: number;
}

/** A login of a program. */
export interface ServiceAccount {
  readonly id: number;
  /** `name.292e7c.whom-service-account` */
  readonly username: string;
  /** What scrypt left of the secret, with its salt and cost. */
  readonly secretHash: string;
  readonly roles: readonly Grant[];
  readonly createdAtMs: number;
  /** Undefined never expires. */
  readonly expiresAtMs: number | undefined;
  /** Left out for one that the operator made. */
  readonly creator?: Creator;
}

/** A role in a project. */
export interface Grant {
  readonly projectId: number;
  readonly role: Role;
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
