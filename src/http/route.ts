/**
 * One endpoint as data: what the routes, the document and the pages about the API are made of.
 *
 * @module
 */
import type { TSchema } from "@sinclair/typebox";
import type { Action } from "../project/access.ts";
import type { ApiReply, ApiRequest, WholeReply } from "./api.ts";
import type { ServerContext } from "./context.ts";

/** Who calls an endpoint: it decides about credentials, CORS, the shape of failures and how HEAD is answered. */
export type Family = "query" | "ingest" | "app" | "operations";

/** What an endpoint can be asked by; HEAD is answered wherever GET is. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/**
 * Who may call an endpoint.
 *
 * `anyone`: everybody who reaches the server. `token`: whoever names a project by its token, in each record.
 * `credentials`: whoever proves who they are; what they are given depends on that. `account`: a service account, whose
 * rights the handler looks at. `import`: who may write to the project, or has its token; nobody else is told why not.
 * Otherwise who may do so in the project that the request names.
 */
export type Guard = "anyone" | "token" | "credentials" | "account" | "import" | Action;

/** A handler takes a request and gives a reply; what it throws becomes one. */
export type Handler = (context: ServerContext, request: ApiRequest) => Promise<ApiReply> | ApiReply;

/** An endpoint. Two may have the same path, if not the same method. */
export interface Route {
  /** The label in metrics and the log. */
  readonly name: string;
  readonly family: Family;
  readonly methods: readonly Method[];
  /** Each also answers with a slash at its end; a part `:id` stands for any text, given as `request.pathParameters`. */
  readonly paths: readonly string[];
  /** Paths that answer the same and are not in the document. */
  readonly aliases: readonly string[];
  readonly summary: string;
  /** `test/access-matrix.test.ts` asks each endpoint as everybody, and compares. */
  readonly guard: Guard;
  /** Of the query string. */
  readonly parameters: TSchema;
  /** A schema, or one for each content type. */
  readonly body: object;
  readonly answer: object;
  readonly handler: Handler;
  /** What its failures are answered as, where not as those of its family. */
  readonly refuse?: (failure: unknown, requestId: string) => WholeReply;
}

/** Whether a path is one that a route's path stands for. Neither has a slash at its end. */
export function fitsPath(pattern: string, path: string): boolean {
  if (!pattern.includes(":")) return pattern === path;
  const parts = path.split("/");
  const patternParts = pattern.split("/");
  return (
    parts.length === patternParts.length &&
    patternParts.every((part, index) => part === parts[index] || isFilled(part, parts[index]))
  );
}

function isFilled(patternPart: string, part: string | undefined): boolean {
  return patternPart.startsWith(":") && part !== undefined && part !== "";
}
