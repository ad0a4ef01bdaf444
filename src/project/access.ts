/**
 * A request as the right to read one project, or the reason why not.
 *
 * Everything that answers for a tenant starts from the `Access` made here; nothing else decides which
 * project a request is about.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import { fail, type WhomError } from "../errors/error.ts";
import { type Presented, readAuthorization } from "./authorization.ts";
import { AttemptBrake } from "./brake.ts";
import { CredentialVerifier, isSameSecret } from "./credential.ts";
import type { ProjectDirectory } from "./directory.ts";
import type { Access, Project, Role, ServiceAccount, Workspace } from "./project.ts";
import { sign } from "./signature.ts";

/** What a request says about who asks, and for which project. */
export interface AccessRequest {
  /** The header, as sent. */
  readonly authorization: string | undefined;
  /** Parameters of query string and body: `project_id` may be a text or a number. */
  readonly parameters: { get(name: string): unknown };
  /** The same parameters, for their signature. */
  readonly allParameters: Iterable<readonly [name: string, value: unknown]>;
  readonly remoteAddress: string;
  /** Whether the project's token is enough, as it is for writes. */
  readonly acceptsToken?: boolean;
}

/** An opaque token that stands for a service account. */
export interface BearerToken {
  readonly token: string;
  readonly serviceAccountUsername: string;
}

/** What an operator decides about access. */
export interface AccessSettings {
  readonly bearerTokens?: readonly BearerToken[];
  /** Whether requests signed with MD5 are accepted; off unless said. */
  readonly signedRequests?: boolean;
}

/** What authentication needs besides the directory; one for the life of a server. */
export interface AccessContext {
  readonly clock: Clock;
  readonly verifier: CredentialVerifier;
  readonly brake: AttemptBrake;
  readonly bearerTokens: readonly BearerToken[];
  readonly signedRequests: boolean;
}

/** What a request wants to do. */
export type Action = "query" | "export" | "write" | "manage";

/** Project ids and workspace ids in errors are cut here, as their text is the caller's. */
const ID_LENGTH_MAX = 40;

/** Who asks, before a project is chosen. */
export type Identified =
  | { readonly kind: "service_account"; readonly account: ServiceAccount }
  | {
      readonly kind: "project_secret" | "project_token" | "signed_request";
      readonly project: Project;
    };

/** A context with nothing remembered yet. */
export function createAccessContext(clock: Clock, settings: AccessSettings = {}): AccessContext {
  return {
    clock,
    verifier: new CredentialVerifier(clock),
    brake: new AttemptBrake(clock),
    bearerTokens: settings.bearerTokens ?? [],
    signedRequests: settings.signedRequests ?? false,
  };
}

/**
 * Finds out who asks and what for.
 *
 * @throws `access.unauthenticated`, `access.too_many_attempts`, `access.project_required`,
 *   `access.project_forbidden`, `access.workspace_forbidden`
 */
export async function authenticate(
  directory: ProjectDirectory,
  request: AccessRequest,
  context: AccessContext,
): Promise<Access> {
  const proven = await identify(directory, request, context);
  const projectId = readId(request.parameters.get("project_id"));
  const { project, role } =
    proven.kind === "service_account"
      ? chooseProject(directory, proven.account, projectId)
      : confirmProject(proven.project, projectId);
  const workspace = chooseWorkspace(project, readId(request.parameters.get("workspace_id")));
  const principal: Access["principal"] =
    proven.kind === "service_account"
      ? { kind: "service_account", username: proven.account.username }
      : { kind: proven.kind };
  return { principal, role, project, workspace };
}

/**
 * Finds out who asks, whatever for.
 *
 * @throws `access.unauthenticated`, `access.too_many_attempts`
 */
export async function identify(
  directory: ProjectDirectory,
  request: Omit<AccessRequest, "acceptsToken">,
  context: AccessContext,
): Promise<Identified> {
  return prove(directory, request, context);
}

const ALLOWED: Readonly<Record<Action, ReadonlySet<Role>>> = {
  query: new Set<Role>(["owner", "admin", "analyst", "consumer"]),
  export: new Set<Role>(["owner", "admin", "analyst"]),
  write: new Set<Role>(["owner", "admin"]),
  manage: new Set<Role>(["owner", "admin"]),
};

/** How roles are read. */
export interface RoleOptions {
  /** Takes a query over the API for an export, which consumers may not make. */
  readonly strictQueryRoles?: boolean;
}

/** Whether an access allows an action. */
export function may(access: Access, action: Action, options: RoleOptions = {}): boolean {
  const { kind } = access.principal;
  // A secret or a signature reads and writes its project, but does not hand out rights to it.
  if (action === "manage" && kind !== "service_account") return false;
  if (kind === "project_token") return action === "write";
  const needed = action === "query" && options.strictQueryRoles === true ? "export" : action;
  return ALLOWED[needed].has(access.role);
}

/** @throws `access.role_too_weak` unless the access allows the action */
export function demand(access: Access, action: Action, options: RoleOptions = {}): void {
  if (may(access, action, options)) return;
  throw fail("access.role_too_weak", { role: access.role, action });
}

function prove(
  directory: ProjectDirectory,
  request: AccessRequest,
  context: AccessContext,
): Identified | Promise<Identified> {
  const header = request.authorization?.trim() ?? "";
  if (header !== "") {
    const presented = readAuthorization(header);
    if (presented === undefined) throw unauthenticated();
    return proveHeader(directory, presented, request, context);
  }
  const signature = request.parameters.get("sig");
  if (context.signedRequests && typeof signature === "string" && signature !== "") {
    return proveSignature(directory, signature, request, context);
  }
  throw unauthenticated();
}

function proveHeader(
  directory: ProjectDirectory,
  presented: Presented,
  request: AccessRequest,
  context: AccessContext,
): Identified | Promise<Identified> {
  switch (presented.kind) {
    case "secret":
      return proveSecret(directory, presented.secret, request, context);
    case "bearer":
      return proveBearer(directory, presented.token, request, context);
    case "service_account":
      return proveServiceAccount(directory, presented, request, context);
  }
}

function proveSecret(
  directory: ProjectDirectory,
  secret: string,
  { remoteAddress, acceptsToken = false }: AccessRequest,
  { brake }: AccessContext,
): Identified {
  const bySecret = directory.projectBySecret(secret);
  if (bySecret !== undefined) return { kind: "project_secret", project: bySecret };
  const byToken = acceptsToken ? directory.projectByToken(secret) : undefined;
  if (byToken !== undefined) return { kind: "project_token", project: byToken };
  throw countFailure(brake, remoteAddress, secret);
}

async function proveServiceAccount(
  directory: ProjectDirectory,
  { username, secret }: { readonly username: string; readonly secret: string },
  { remoteAddress }: AccessRequest,
  { brake, verifier, clock }: AccessContext,
): Promise<Identified> {
  const account = directory.serviceAccount(username);
  // A client that works keeps working while somebody else guesses its secret.
  if (account === undefined || !verifier.isKnown(account, secret)) {
    brake.check(remoteAddress, username);
    if (!(await verifier.verify(account, secret))) {
      brake.fail(remoteAddress, username);
      throw unauthenticated();
    }
    brake.succeed(remoteAddress, username);
  }
  // Only who knows the secret learns that the account has expired.
  return { kind: "service_account", account: checkExpiry(account, clock) };
}

function proveBearer(
  directory: ProjectDirectory,
  token: string,
  { remoteAddress }: AccessRequest,
  { brake, bearerTokens, clock }: AccessContext,
): Identified {
  // All are compared, so that the time does not tell which one came close.
  const matching = bearerTokens.filter((each) => isSameSecret(each.token, token));
  const username = matching[0]?.serviceAccountUsername;
  if (username === undefined) throw countFailure(brake, remoteAddress, token);
  return {
    kind: "service_account",
    account: checkExpiry(directory.serviceAccount(username), clock),
  };
}

function proveSignature(
  directory: ProjectDirectory,
  signature: string,
  { parameters, allParameters, remoteAddress }: AccessRequest,
  { brake, clock }: AccessContext,
): Identified {
  const apiKey = parameters.get("api_key");
  const expireText = String(parameters.get("expire") ?? "");
  if (typeof apiKey !== "string" || !/^\d{1,12}$/.test(expireText)) throw unauthenticated();
  const project = directory.projectByToken(apiKey);
  const expected = sign(allParameters, project?.apiSecret ?? "");
  if (project === undefined || !isSameSecret(signature.toLowerCase(), expected)) {
    throw countFailure(brake, remoteAddress, apiKey);
  }
  if (Number(expireText) * 1000 < clock.now()) throw unauthenticated();
  return { kind: "signed_request", project };
}

function checkExpiry(account: ServiceAccount | undefined, clock: Clock): ServiceAccount {
  if (account === undefined) throw unauthenticated();
  if (account.expiresAtMs !== undefined && account.expiresAtMs <= clock.now()) {
    throw unauthenticated();
  }
  return account;
}

/** A project somebody else owns and one that does not exist look the same. */
function chooseProject(
  directory: ProjectDirectory,
  account: ServiceAccount,
  projectId: string | undefined,
): { readonly project: Project; readonly role: Role } {
  if (projectId === undefined) throw fail("access.project_required", {});
  const granted = account.roles.find((row) => String(row.projectId) === projectId);
  const project = granted === undefined ? undefined : directory.projectById(granted.projectId);
  if (granted === undefined || project === undefined) {
    throw fail("access.project_forbidden", { projectId });
  }
  return { project, role: granted.role };
}

function confirmProject(
  project: Project,
  projectId: string | undefined,
): { readonly project: Project; readonly role: Role } {
  if (projectId !== undefined && projectId !== String(project.id)) {
    throw fail("access.project_forbidden", { projectId });
  }
  return { project, role: "admin" };
}

function chooseWorkspace(project: Project, workspaceId: string | undefined): Workspace {
  const workspace = project.workspaces.find((each) =>
    workspaceId === undefined ? each.isGlobal : String(each.id) === workspaceId,
  );
  if (workspace === undefined) {
    throw fail("access.workspace_forbidden", { workspaceId: workspaceId ?? "(global)" });
  }
  return workspace;
}

/** What HTTP libraries write for an id that a program has not got. */
const NULL_TEXTS: ReadonlySet<string> = new Set(["", "null", "None", "undefined"]);

/** An id as text; undefined when it is absent, empty or a text for nothing. */
function readId(value: unknown): string | undefined {
  switch (typeof value) {
    case "number":
      return String(value);
    case "string": {
      const text = value.trim();
      return NULL_TEXTS.has(text) ? undefined : text.slice(0, ID_LENGTH_MAX);
    }
    default:
      return value === undefined || value === null ? undefined : "(not an id)";
  }
}

/**
 * Counts a wrong token or secret, and gives the error to answer with.
 *
 * They are too long to be guessed, so a right one is never made to wait; a client that repeats a wrong
 * one is.
 */
function countFailure(brake: AttemptBrake, remoteAddress: string, name: string): WhomError {
  brake.check(remoteAddress, name);
  brake.fail(remoteAddress, name);
  return unauthenticated();
}

function unauthenticated(): WhomError {
  return fail("access.unauthenticated", {});
}
