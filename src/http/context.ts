/**
 * What a running server is made of, handed to every handler.
 *
 * @module
 */
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { Writer } from "../ingest/writer.ts";
import type { Pager } from "../paging/pager.ts";
import type { SessionStore } from "../paging/session-store.ts";
import type { AccessContext, BearerToken } from "../project/access.ts";
import type { ProjectDirectory } from "../project/directory.ts";
import type { QuotaGuard } from "../project/quota.ts";
import type { Registry } from "../registry/registry.ts";
import type { Store } from "../store/store.ts";
import type { CohortCounts } from "./app/cohort-counts.ts";
import type { Retrievals } from "./app/retrievals.ts";
import type { ExportGate } from "./export-gate.ts";
import type { UpdateContext } from "./ingest-context.ts";
import type { Metrics } from "./metrics.ts";

/** The settings that handlers look at; `docs/settings.md` lists them with their defaults. */
export interface ServerSettings {
  /** Of a request's body, before and after it is inflated. */
  readonly bodyBytesMax: number;
  readonly queryTimeoutMs: number;
  /** What one query may select for pages or an export; 0 for any number. */
  readonly queryProfilesMax: number;
  /** How long a stop waits for requests under way. */
  readonly stopTimeoutMs: number;
  /** Answer 0 to writes whose token names no project. */
  readonly strictTokens: boolean;
  /** Refuse queries of the role consumer. */
  readonly strictQueryRoles: boolean;
  /** Accept requests signed with `api_key`, `expire` and `sig`. */
  readonly signedRequests: boolean;
  readonly bearerTokens: readonly BearerToken[];
}

/** The parts a server is started with. */
export interface ServerParts {
  readonly directory: ProjectDirectory;
  readonly store: Store;
  readonly writer: Writer;
  readonly sessions: SessionStore;
  readonly clock: Clock;
  readonly settings: ServerSettings;
  readonly logger: Logger;
  /** The version that `/openapi.json` names. */
  readonly version: string;
}

/** The parts, and what the server adds to them. */
export interface ServerContext extends ServerParts {
  readonly pager: Pager;
  readonly access: AccessContext;
  readonly quotas: QuotaGuard;
  readonly exports: ExportGate;
  /** What the projects have saved. */
  readonly registry: Registry;
  readonly cohortCounts: CohortCounts;
  readonly retrievals: Retrievals;
  readonly metrics: Metrics;
  /** What the endpoints that write are given. */
  readonly updates: UpdateContext;
  isStopping(): boolean;
}
