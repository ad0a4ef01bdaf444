/**
 * A query held open for paging: its frozen keys are what makes pages exact.
 *
 * @module
 */
import type { Scope } from "../profile/profile.ts";

/** What a session remembers beside its keys. */
export interface Session {
  /** Opaque; `1714557600-K3QX9A…`. */
  readonly id: string;
  readonly scope: Scope;
  readonly workspaceId: number;
  readonly pageSize: number;
  readonly total: number;
  /** Undefined gives every property. */
  readonly outputProperties: readonly string[] | undefined;
  readonly createdAtMs: number;
}
