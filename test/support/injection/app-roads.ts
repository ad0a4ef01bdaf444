/**
 * Hostile texts in the requests that manage accounts and what a project has saved.
 *
 * @module
 */
import { encodeQuery } from "../server.ts";
import { apart, type Draft, inPath, type RoadMaker } from "./road.ts";

/** By the names of the route table. */
export const APP_ROADS: Readonly<Record<string, RoadMaker>> = {
  me: (text) => [account("GET", `/api/app/me?${encodeQuery({ [text]: text })}`)],
  project_list: () => [account("GET", "/api/app/projects")],
  project_index: () => [account("GET", "/api/app/projects/metadata/index")],
  project_read: (text) => [
    account("GET", "/api/app/projects/PROJECT"),
    account("GET", `/api/app/projects/${inPath(text)}`),
  ],
  project_update: (text) => [
    account("PATCH", "/api/app/projects/PROJECT", { name: text.slice(0, 100) }),
    account("PATCH", "/api/app/projects/PROJECT", { timezone: text }),
    account("PATCH", "/api/app/projects/PROJECT", { identity: text, [text]: text }),
  ],
  project_rename: (text) => [
    account("POST", "/projects/update/PROJECT", { name: text.slice(0, 100) }),
  ],
  project_keys: (text) => [
    account("GET", "/settings/project/PROJECT/metadata"),
    account("GET", `/settings/project/${inPath(text)}/metadata`),
  ],
  role_list: () => [account("GET", "/api/app/projects/PROJECT/custom-roles")],
  role_read: (text) => [account("GET", `/api/app/projects/PROJECT/custom-roles/${inPath(text)}`)],
  workspace_list: () => [account("GET", "/api/app/projects/PROJECT/workspaces")],
  workspace_list_public: () => [account("GET", "/api/app/projects/PROJECT/workspaces/public")],
  workspace_create: (text) => [
    account("POST", "/api/app/projects/PROJECT/workspaces", {
      name: text.slice(0, 100),
      description: text,
      where: `properties[${JSON.stringify(text)}] == ${JSON.stringify(text)}`,
      data_filters: { [text]: [text] },
    }),
    account("POST", "/api/app/projects/PROJECT/workspaces", { name: text, where: text }),
  ],
  workspace_read: (text) => [
    account("GET", `/api/app/projects/PROJECT/workspaces/${inPath(text)}`),
  ],
  workspace_update: (text) => [
    account("PATCH", `/api/app/projects/PROJECT/workspaces/${inPath(text)}`, { name: text }),
  ],
  workspace_delete: (text) => [
    account("DELETE", `/api/app/projects/PROJECT/workspaces/${inPath(text)}`),
    account("GET", `/api/app/workspaces/${inPath(text)}/cohorts`),
  ],
  service_account_list: (text) => [
    account("GET", "/api/app/organizations/1/service-accounts"),
    account("GET", `/api/app/organizations/${inPath(text)}/service-accounts`),
  ],
  service_account_create: (text) => [
    account("POST", "/api/app/organizations/1/service-accounts", { username: text, expires: text }),
    account("POST", "/api/app/organizations/1/service-accounts", { username: text, role: text }),
  ],
  service_account_add: (text) => [
    account("POST", "/api/app/organizations/1/service-accounts/add-to-project", {
      projects: [{ id: text, role: text }],
      service_account_ids: [text],
    }),
  ],
  service_account_remove: (text) => [
    account("POST", "/api/app/organizations/1/service-accounts/remove-from-project", {
      projects: [{ id: text, service_account_ids: [text] }],
    }),
  ],
  service_account_delete_many: (text) => [
    account("POST", "/api/app/organizations/1/service-accounts/delete-service-accounts", {
      service_account_ids: [text],
    }),
  ],
  service_account_read: (text) => [
    account("GET", `/api/app/organizations/1/service-accounts/${inPath(text)}`),
  ],
  service_account_delete: (text) => [
    account("DELETE", `/api/app/organizations/1/service-accounts/${inPath(text)}`),
  ],
  service_account_members: () => [account("GET", "/api/app/projects/PROJECT/service-accounts")],
  organization_projects: (text) => [
    account("GET", "/organizations/1/projects"),
    account("GET", `/organizations/${inPath(text)}/projects`),
  ],
  organization_create_projects: (text) => [
    account("POST", "/organizations/1/create-projects", { projectNames: [text, [text]] }),
  ],
  organization_delete_projects: (text) => [
    account("POST", "/organizations/1/delete-projects", { projectIds: [text] }),
  ],
  cohort_list: (text) => [
    app("GET", `/cohorts?${encodeQuery({ ids: text, data_group_id: text })}`),
    apart(app("GET", "/cohorts")),
  ],
  cohort_create: (text) => [
    apart(
      app("POST", "/cohorts", {
        name: text,
        description: text,
        selector: `properties[${JSON.stringify(text)}] == ${JSON.stringify(text)}`,
      }),
    ),
    app("POST", "/cohorts", { name: text, selector: text, data_group_id: text }),
    apart(
      app("POST", "/cohorts", {
        name: text,
        selector: {
          operator: "and",
          children: [
            {
              property: "user",
              value: text,
              operator: "==",
              operand: text,
              [text]: text,
            },
          ],
        },
        behaviors: { [text]: { type: text, event_selectors: [{ event: text }] } },
      }),
    ),
    app("POST", "/cohorts", {
      name: text,
      groups: [{ type: text, filters: [{ property: text }] }],
    }),
  ],
  cohort_bulk_delete: (text) => [app("POST", "/cohorts/bulk-delete", { cohort_ids: [text] })],
  cohort_bulk_update: (text) => [
    apart(
      app("POST", "/cohorts/bulk-update", { cohorts: [{ id: 1, name: text, description: text }] }),
    ),
    app("POST", "/cohorts/bulk-update", { cohorts: [{ id: text, name: text }] }),
  ],
  cohort_read: (text) => [apart(app("GET", "/cohorts/1")), app("GET", `/cohorts/${inPath(text)}`)],
  cohort_update: (text) => [
    apart(app("PATCH", "/cohorts/1", { name: text, description: text })),
    app("PATCH", `/cohorts/${inPath(text)}`, { name: text }),
  ],
  cohort_delete: (text) => [app("DELETE", `/cohorts/${inPath(text)}`)],
  cohort_members: (text) => [
    app("GET", "/cohorts/1/members"),
    app("GET", `/cohorts/${inPath(text)}/members`),
  ],
  cohort_members_change: (text) => [
    app("POST", "/cohorts/1/members?mode=add", [text, `${text}'`]),
    {
      ...app("POST", "/cohorts/1/members?mode=add", `distinct_id\n${text}`),
      contentType: "text/csv",
    },
    { ...app("POST", "/cohorts/1/members?mode=add", text), contentType: "text/plain" },
    app("POST", `/cohorts/1/members?${encodeQuery({ mode: text })}`, [text]),
  ],
  data_group_list: () => [apart(app("GET", "/data-groups"))],
  data_group_create: (text) => [
    apart(
      app("POST", "/data-groups", {
        property_name: text,
        display_name: text,
        metadata: { [text]: text },
      }),
    ),
  ],
  data_group_update: (text) => [
    app("POST", `/data-groups/${inPath(text)}`, { property_name: text, display_name: text }),
  ],
  data_group_delete: (text) => [app("DELETE", `/data-groups/${inPath(text)}`)],
  erasure_create: (text) => [
    apart(
      personal("POST", "/api/app/data-deletions/v3.0?token=TOKEN", {
        distinct_ids: [`${text}-other`],
      }),
    ),
    personal("POST", "/api/app/data-deletions/v3.0?token=TOKEN", {
      distinct_ids: text,
      compliance_type: text,
    }),
    personal("POST", `/api/app/data-deletions/v3.0?${encodeQuery({ token: text })}`, {
      distinct_ids: [text],
    }),
  ],
  erasure_status: (text) => [
    apart(personal("GET", "/api/app/data-deletions/v3.0/1?token=TOKEN")),
    personal("GET", `/api/app/data-deletions/v3.0/${inPath(text)}?token=TOKEN`),
  ],
  retrieval_create: (text) => [
    apart(
      personal("POST", "/api/app/data-retrievals/v3.0?token=TOKEN", {
        distinct_ids: [text],
        disclosure_type: text,
      }),
    ),
  ],
  retrieval_status: (text) => [
    personal("GET", `/api/app/data-retrievals/v3.0/${inPath(text)}?token=TOKEN`),
  ],
  retrieval_data: (text) => [
    personal("GET", `/api/app/data-retrievals/v3.0/${inPath(text)}/data?token=TOKEN`),
  ],
};

function account(method: Draft["method"], url: string, body?: unknown): Draft {
  return { method, url, body, asAccount: true, isComparable: false };
}

function app(method: Draft["method"], path: string, body?: unknown): Draft {
  return { method, url: `/api/app/projects/PROJECT${path}`, body };
}

function personal(method: Draft["method"], url: string, body?: unknown): Draft {
  return { method, url, body, asAccount: true };
}
