/**
 * One request for events.
 *
 * @module
 */
import type { Selector } from "../selector/selector.ts";
import type { TimeSpan } from "./behavior.ts";

/** Which events of a project to read. They come by time, then name, distinct id and insert id, in UTF-8 byte order. */
export interface EventQuery {
  readonly projectId: number;
  readonly span: TimeSpan;
  /** Names, exactly; undefined for all. */
  readonly names: readonly string[] | undefined;
  /** Only events of these people, by any id of their clusters; undefined for all. */
  readonly distinctIds: readonly string[] | undefined;
  /** Compiled in the scope of events. */
  readonly selector: Selector | undefined;
  readonly limit: number | undefined;
  readonly asOfSeconds: number;
  readonly timeZone: string;
}
