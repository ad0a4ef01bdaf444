/**
 * What can be wrong with who asks.
 *
 * @module
 */
import type { ErrorTable } from "./entry.ts";

/** The facts each access error carries. */
export interface AccessErrorFacts {
  "access.unauthenticated": Record<never, never>;
  "access.project_required": Record<never, never>;
  "access.project_forbidden": { readonly projectId: string };
  "access.workspace_forbidden": { readonly workspaceId: string };
  "access.token_mismatch": { readonly projectId: string };
  "access.role_too_weak": { readonly role: string; readonly action: string };
  "access.role_exceeded": {
    readonly own: string;
    readonly role: string;
    readonly projectId: number;
  };
  "access.service_account_required": Record<never, never>;
  "access.service_account_shared": { readonly username: string };
  "access.organization_forbidden": { readonly organizationId: string };
  "access.organization_owner_required": { readonly action: string };
  "access.quota_exceeded": {
    readonly projectId: number;
    readonly used: number;
    readonly limit: number;
  };
  "access.concurrency_exceeded": {
    readonly projectId: number;
    readonly used: number;
    readonly limit: number;
  };
  "access.too_many_attempts": { readonly retryAfterSeconds: number };
}

/** The rows of the catalogue for access. */
export const ACCESS_ERRORS: ErrorTable<AccessErrorFacts> = {
  "access.unauthenticated": {
    kind: "denied",
    message: () => "Unable to authenticate request",
    hint: () => "send a service account or the project's API secret by HTTP Basic",
  },
  "access.project_required": {
    kind: "invalid",
    message: () => "Missing required parameter: project_id",
    hint: () => "a service account names its project with project_id",
  },
  "access.project_forbidden": {
    kind: "forbidden",
    message: ({ projectId }) => `Project ${projectId} not found or not accessible`,
    hint: () => "ask the project's owner to add the service account",
  },
  "access.workspace_forbidden": {
    kind: "forbidden",
    message: ({ workspaceId }) => `Workspace ${workspaceId} not found or not accessible`,
    hint: () => "leave workspace_id out for all project data",
  },
  "access.token_mismatch": {
    kind: "denied",
    message: ({ projectId }) => `a record's token is not of project ${projectId}`,
    hint: () => "send the token of the project that the request is for",
  },
  "access.role_too_weak": {
    kind: "forbidden",
    message: ({ role, action }) => `the role ${role} may not ${action}`,
    hint: () => "ask the project's owner for a stronger role",
  },
  "access.role_exceeded": {
    kind: "forbidden",
    message: ({ own, role, projectId }) =>
      `the role ${own} may not give or take the role ${role} in project ${projectId}`,
    hint: () => "ask an owner of the project",
  },
  "access.service_account_required": {
    kind: "forbidden",
    message: () => "only a service account may do this",
    hint: () => "send the username and the secret of a service account",
  },
  "access.service_account_shared": {
    kind: "forbidden",
    message: ({ username }) => `${username} also has roles in projects of others`,
    hint: () => "take it out of your own projects with remove-from-project",
  },
  "access.organization_forbidden": {
    kind: "forbidden",
    message: ({ organizationId }) => `Organization ${organizationId} not found or not accessible`,
    hint: () => "a server has one organization, whose id is 1",
  },
  "access.organization_owner_required": {
    kind: "forbidden",
    message: ({ action }) => `only an owner of every project may ${action}`,
    hint: () => "ask the operator, who can do it with: whom project",
  },
  "access.quota_exceeded": {
    kind: "limited",
    message: ({ projectId, used, limit }) =>
      `Query rate limit exceeded for project_id: ${projectId}. This request exceeded the rate limit (${used}/${limit} queries running in the last hour). For more information, please consult our documentation at docs/access.md#quotas`,
    hint: () => "wait as long as Retry-After says",
  },
  "access.concurrency_exceeded": {
    kind: "limited",
    message: ({ projectId, used, limit }) =>
      `Query rate limit exceeded for project_id: ${projectId}. This request exceeded the concurrency limit (${used}/${limit} queries running concurrently).`,
    hint: () => "wait until another query ends",
  },
  "access.too_many_attempts": {
    kind: "limited",
    message: () => "Too many failed attempts to authenticate",
    hint: ({ retryAfterSeconds }) =>
      `check the credentials, then retry in ${retryAfterSeconds} seconds`,
  },
};
