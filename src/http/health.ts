/**
 * Whether the server lives, and whether it can take requests now.
 *
 * @module
 */
import { everyProfile, type ProfileQuery } from "../query/query.ts";
import type { Store } from "../store/store.ts";
import { type ApiReply, json } from "./api.ts";

const PROBE_TIMEOUT_MS = 2000;

/** A query of no project: it asks the engine something and selects nothing. */
const PROBE: ProfileQuery = {
  ...everyProfile({ projectId: 0, groupKey: undefined }),
  distinctIds: ["probe"],
  limit: 1,
};

/** The process runs. Says nothing about the engine: restarting would not help it. */
export function live(): ApiReply {
  return json(200, { status: "ok" });
}

/** 200 when requests can be served, 503 while stopping or when the engine does not answer. */
export async function ready(store: Store, isStopping: boolean): Promise<ApiReply> {
  if (isStopping) return json(503, { status: "stopping" });
  return (await answers(store))
    ? json(200, { status: "ok" })
    : json(503, { status: "unavailable", error: "the storage engine does not answer" });
}

async function answers(store: Store): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PROBE_TIMEOUT_MS);
  });
  try {
    return await Promise.race([store.count(PROBE).then(() => true), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
