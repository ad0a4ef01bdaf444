/**
 * What can be wrong with the data folder, the engine, a command or a setting.
 *
 * @module
 */
import type { ErrorTable } from "./entry.ts";

/** The facts each of these errors carries. */
export interface DataErrorFacts {
  "data.folder_missing": { readonly folder: string };
  "data.folder_exists": { readonly folder: string };
  "data.folder_busy": { readonly folder: string; readonly holder: string };
  "data.folder_unusable": { readonly folder: string; readonly reason: string };
  "data.format_unknown": { readonly folder: string; readonly found: string };
  "data.engine_failed": { readonly reason: string };
  "data.backup_exists": { readonly folder: string };
  "data.backup_damaged": { readonly folder: string; readonly reason: string };
  "data.no_room": {
    readonly folder: string;
    readonly needed: string;
    readonly free: string;
  };
  "data.out_of_memory": {
    readonly resource: string;
    readonly used: string;
    readonly setting: string;
  };
  "data.closed": Record<never, never>;
  "data.too_many_streams": { readonly countMax: number };
  "project.missing": { readonly project: string };
  "project.exists": { readonly name: string };
  "project.invalid_time_zone": { readonly timeZone: string };
  "project.service_account_missing": { readonly username: string };
  "project.workspace_missing": { readonly workspace: string };
  "project.workspace_fixed": { readonly name: string };
  "project.not_empty": { readonly project: string };
  "project.identity_fixed": { readonly project: string; readonly identity: string };
  "project.invalid_role": { readonly role: string };
  "project.invalid_value": {
    readonly member: string;
    readonly expected: string;
    readonly found: string;
  };
  "profile.missing": { readonly distinctId: string };
  "setting.invalid": {
    readonly setting: string;
    readonly expected: string;
    readonly found: string;
  };
  "command.invalid": { readonly reason: string; readonly hint: string };
  "import.file_unreadable": { readonly file: string; readonly reason: string };
  "server.cannot_listen": {
    readonly host: string;
    readonly port: number;
    readonly reason: string;
  };
  "server.unreachable": { readonly url: string; readonly reason: string };
  "server.refused": { readonly status: number; readonly reason: string };
}

/** The rows of the catalogue for the data folder, commands and settings. */
export const DATA_ERRORS: ErrorTable<DataErrorFacts> = {
  "data.folder_missing": {
    kind: "missing",
    message: ({ folder }) => `${folder} is not a Whom data folder`,
    hint: ({ folder }) => `make it with: whom init --data ${folder}`,
  },
  "data.folder_exists": {
    kind: "conflict",
    message: ({ folder }) => `${folder} already holds Whom data`,
    hint: () => "name another folder, or use it as it is",
  },
  "data.folder_busy": {
    kind: "busy",
    message: ({ folder, holder }) => `${folder} is in use by ${holder}`,
    hint: () => "stop that process, or ask the running server instead (--server)",
  },
  "data.folder_unusable": {
    kind: "busy",
    message: ({ folder, reason }) => `cannot use ${folder}: ${reason}`,
    hint: () => "check that it exists, is writable and has free space",
  },
  "data.format_unknown": {
    kind: "conflict",
    message: ({ folder, found }) => `${folder} has the data format ${found}`,
    hint: () => "open it with the version of Whom that wrote it, or a newer one",
  },
  "data.backup_exists": {
    kind: "conflict",
    message: ({ folder }) => `${folder} is there already`,
    hint: () => "name a folder that is not: a backup never replaces anything",
  },
  "data.backup_damaged": {
    kind: "conflict",
    message: ({ folder, reason }) => `${folder} is no whole backup: ${reason}`,
    hint: () => "use another backup; this one is left as it is",
  },
  "data.no_room": {
    kind: "busy",
    message: ({ folder, needed, free }) =>
      `${folder} has room for ${free}, and ${needed} are needed`,
    hint: () => "make room, or name a folder on another disk",
  },
  "data.engine_failed": {
    kind: "busy",
    message: ({ reason }) => `the storage engine failed: ${reason}`,
    hint: () => "nothing acknowledged is lost; check the disk, then start again",
  },
  "data.out_of_memory": {
    kind: "busy",
    message: ({ resource, used }) => `the storage engine ran out of ${resource}: ${used} used`,
    hint: ({ setting }) =>
      `narrow the query, or ask again when less is under way; the operator can raise ${setting}`,
  },
  "data.closed": {
    kind: "busy",
    message: () => "the server is stopping",
    hint: () => "retry in a moment",
  },
  "data.too_many_streams": {
    kind: "busy",
    message: ({ countMax }) => `${countMax} results are being streamed already`,
    hint: () => "retry once one of them is done",
  },
  "project.missing": {
    kind: "missing",
    message: ({ project }) => `no project ${project}`,
    hint: () => "list the projects with: whom project list",
  },
  "project.exists": {
    kind: "conflict",
    message: ({ name }) => `a project named ${name} already exists`,
    hint: () => "choose another name",
  },
  "project.invalid_time_zone": {
    kind: "invalid",
    message: ({ timeZone }) => `unknown time zone ${timeZone}`,
    hint: () => "use an IANA name such as Europe/Berlin",
  },
  "project.service_account_missing": {
    kind: "missing",
    message: ({ username }) => `no service account ${username}`,
    hint: () => "list them with: whom service-account list",
  },
  "project.workspace_missing": {
    kind: "missing",
    message: ({ workspace }) => `no workspace ${workspace}`,
    hint: () => "list the workspaces of the project",
  },
  "project.workspace_fixed": {
    kind: "invalid",
    message: ({ name }) => `the workspace ${name} shows all data and stays`,
    hint: () => "make another workspace for a part of the data",
  },
  "project.not_empty": {
    kind: "conflict",
    message: ({ project }) => `project ${project} holds data, which would be left behind`,
    hint: () =>
      "shut it with: whom project update --renew-token --renew-api-secret, and revoke its service accounts",
  },
  "project.identity_fixed": {
    kind: "conflict",
    message: ({ project, identity }) =>
      `project ${project} holds data, so its identity mode stays ${identity}`,
    hint: () => "make a new project for the other mode",
  },
  "project.invalid_role": {
    kind: "invalid",
    message: ({ role }) => `unknown role ${role}`,
    hint: () => "use owner, admin, analyst or consumer",
  },
  "project.invalid_value": {
    kind: "invalid",
    message: ({ member, expected, found }) => `the ${member} must be ${expected}, found ${found}`,
    hint: ({ member, expected }) => `give the ${member} as ${expected}`,
  },
  "profile.missing": {
    kind: "missing",
    message: ({ distinctId }) => `no profile ${JSON.stringify(distinctId)}`,
    hint: () => "check the id, the project and the group key",
  },
  "setting.invalid": {
    kind: "invalid",
    message: ({ setting, expected, found }) => `${setting} must be ${expected}, found ${found}`,
    hint: () => "whom serve --help lists every setting with its default",
  },
  "command.invalid": {
    kind: "invalid",
    message: ({ reason }) => reason,
    hint: ({ hint }) => hint,
  },
  "import.file_unreadable": {
    kind: "missing",
    message: ({ file, reason }) => `cannot read ${file}: ${reason}`,
    hint: () => "check the name and its permissions",
  },
  "server.cannot_listen": {
    kind: "busy",
    message: ({ host, port, reason }) => `cannot listen on ${host} port ${port}: ${reason}`,
    hint: () => "choose another with --host and --port",
  },
  "server.unreachable": {
    kind: "busy",
    message: ({ url, reason }) => `cannot reach ${url}: ${reason}`,
    hint: () => "start it with: whom serve",
  },
  "server.refused": {
    kind: "invalid",
    message: ({ status, reason }) => `the server answered ${status}: ${reason}`,
    hint: ({ status }) => {
      if (status === 401) return "check the username and the secret, or the token";
      return status < 500 ? "change the request" : "see the server's log for the request";
    },
  },
};
