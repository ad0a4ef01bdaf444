/**
 * Whom as a library: the selector language, the stores, and the server.
 *
 * - Selectors: `compile`, `print`, `evaluate`, `selects`; a `WhomError` and its `frame` when a text is wrong.
 * - Stores: `DuckdbStore` in a file, `MemoryStore` as the reference; `decodeRecords` makes their updates, `plan`
 *   their queries.
 * - The server: `createServer`, and the parts it takes.
 *
 * What is exported here is stable within a major version; files below it are not. `whom/selector` is the
 * language alone, which loads no engine.
 *
 * The engine runs on the thread pool of Node.js, whose usual four threads make a look-up wait behind
 * heavy queries: start the process with `UV_THREADPOOL_SIZE=32`, as the command `whom` does.
 *
 * @module
 */

export { type Clock, SYSTEM_CLOCK } from "./clock.ts";
export type { EngineOptions } from "./duckdb/connection.ts";
export { DuckdbStore } from "./duckdb/store.ts";
export type { ErrorCode, ErrorKind } from "./errors/catalogue.ts";
export { type Span, WhomError } from "./errors/error.ts";
export type { ServerParts, ServerSettings } from "./http/context.ts";
export { createServer, type Server } from "./http/server.ts";
export { type DecodeContext, type Decoded, decodeRecords } from "./ingest/decode.ts";
export { Writer, type WriterOptions } from "./ingest/writer.ts";
export {
  SESSION_BYTES_MAX,
  SESSION_IDLE_MS,
  SESSIONS_PER_PROJECT_MAX,
  SessionStore,
  type SessionStoreOptions,
} from "./paging/session-store.ts";
export { applyUpdate } from "./profile/apply.ts";
export type { Profile, Scope } from "./profile/profile.ts";
export type { Operation, ProfileUpdate } from "./profile/update.ts";
export { ProjectDirectory } from "./project/directory.ts";
export type { Project, ServiceAccount, Workspace } from "./project/project.ts";
export { type PlanContext, plan, type QueryRequest } from "./query/plan.ts";
export type { ProfileQuery, SortOrder } from "./query/query.ts";
export {
  compile,
  type EvaluationContext,
  evaluate,
  frame,
  PROFILE_SCOPE,
  print,
  type Selector,
  type SelectorScope,
  type Subject,
  selects,
} from "./selector/selector.ts";
export type { Expression } from "./selector/syntax.ts";
export { MemoryStore } from "./store/memory.ts";
export type {
  Explanation,
  ProfileKeys,
  ProfileRow,
  PropertySummary,
  PropertyType,
  ScopedUpdates,
  Store,
  UpdateRejection,
} from "./store/store.ts";
export { profileSubject } from "./store/subject.ts";
export {
  type Computed,
  Datetime,
  type Kind,
  type Properties,
  type Value,
  type ValueObject,
} from "./values/value.ts";
