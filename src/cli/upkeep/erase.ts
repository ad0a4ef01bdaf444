/**
 * `whom erase`: takes away all that is kept of some users.
 *
 * @module
 */

import { SYSTEM_CLOCK } from "../../clock.ts";
import type { Project } from "../../project/project.ts";
import { createRegistry } from "../../registry/registry.ts";
import type { Erased, Store } from "../../store/store.ts";
import { EXIT, type ExitCode } from "../failure.ts";
import { accepted, ask, isRecord } from "../http-client.ts";
import { note, printJson, printLine, type Terminal } from "../terminal.ts";

/** Takes users out of where they are kept. */
export interface Eraser {
  erase(distinctIds: readonly string[]): Promise<Erased>;
  /** Takes the bytes out of the data folder as well; undefined where that is not ours to do. */
  readonly compact: (() => Promise<void>) | undefined;
}

/** Whom to erase, and how to tell about it. */
export interface ErasePlan {
  readonly distinctIds: readonly string[];
  readonly compacts: boolean;
  readonly isJson: boolean;
}

/** So many ids go into one transaction, or into one request, of which a server takes no more. */
const IDS_PER_CALL_MAX = 1999;

/** Erases users, and says how much that took away. */
export async function runErase(
  terminal: Terminal,
  eraser: Eraser,
  { distinctIds, compacts, isJson }: ErasePlan,
): Promise<ExitCode> {
  let profileCount = 0;
  let eventCount = 0;
  for (let start = 0; start < distinctIds.length; start += IDS_PER_CALL_MAX) {
    const erased = await eraser.erase(distinctIds.slice(start, start + IDS_PER_CALL_MAX));
    profileCount += erased.profileCount;
    eventCount += erased.eventCount;
  }
  if (compacts) await eraser.compact?.();
  if (isJson) {
    const done = { distinct_ids: distinctIds.length, profiles: profileCount, events: eventCount };
    await printJson(terminal, done);
    return EXIT.ok;
  }
  const what = `${counted(profileCount, "profile")} and ${counted(eventCount, "event")}`;
  await printLine(terminal, `erased ${what} of ${counted(distinctIds.length, "distinct id")}`);
  if (!compacts) note(terminal, "their bytes may stay in the data folder until: whom compact");
  return EXIT.ok;
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** Who asked for an erasure that nobody logged in for. */
const REQUESTED_BY = "whom erase";

/** A project of an opened data folder. */
export function storeEraser(store: Store, project: Project): Eraser {
  const { erasures } = createRegistry(store, SYSTEM_CLOCK);
  return {
    erase: async (distinctIds) => {
      const erased = await store.erase(project.id, distinctIds);
      await erasures.add(project.id, {
        ...erased,
        requestedAtMs: SYSTEM_CLOCK.now(),
        requestedBy: REQUESTED_BY,
        complianceType: "GDPR",
        distinctIdCount: distinctIds.length,
      });
      return erased;
    },
    compact: () => store.compact(),
  };
}

/** A project of a running server, whose token says which. */
export function serverEraser(
  { url, authorization }: { readonly url: string; readonly authorization: string },
  token: string,
): Eraser {
  const headers = { authorization };
  const query = new URLSearchParams({ token });
  async function call(method: "GET" | "POST", path: string, content?: unknown) {
    const body = content === undefined ? {} : { body: JSON.stringify(content) };
    const reply = await ask(url, { method, path: `${PATH}${path}?${query}`, headers, ...body });
    const { results } = accepted(reply);
    return isRecord(results) ? results : {};
  }
  return {
    erase: async (distinctIds) => {
      const wanted = { distinct_ids: distinctIds, compliance_type: "GDPR" };
      const { task_id: taskId } = await call("POST", "", wanted);
      const task = await call("GET", `/${taskId}`);
      return {
        profileCount: Number(task["profile_count"]),
        eventCount: Number(task["event_count"]),
      };
    },
    compact: undefined,
  };
}

const PATH = "/api/app/data-deletions/v3.0";
