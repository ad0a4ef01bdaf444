/**
 * Which distinct ids are one person: what an event says about it, and the clusters that follow.
 *
 * Pure, so that every store follows the same rules: `linkOf` reads an event, `idsOf` tells whose clusters a store
 * must know, and `joinsOf` says what becomes of them. A link that the rules forbid joins nothing; the event that
 * made it is an event all the same.
 *
 * @module
 */
import { isList, type Value } from "../values/value.ts";
import { type Event, NOBODY } from "./event.ts";

/** How a project joins ids: by `$device_id` and `$user_id` of any event, or by events that say so. */
export type IdentityMode = "simplified" | "original";

/** What the distinct id of a device without a user begins with, where identity is simplified. */
const DEVICE_PREFIX = "$device:";

/** The most distinct ids of one cluster where identity is original; a simplified one may have any number of devices. */
export const CLUSTER_IDS_MAX = 500;

/** What an event claims about distinct ids; none of them is empty. */
export type Link =
  /** `$device_id` beside `$user_id`: the device is the user's from now on. */
  | { readonly kind: "device"; readonly deviceId: string; readonly userId: string }
  /** `$identify`: who was anonymous is this user. */
  | { readonly kind: "identify"; readonly anonymousId: string; readonly identifiedId: string }
  /** `$create_alias`: a new name for somebody. */
  | { readonly kind: "alias"; readonly alias: string; readonly existingId: string }
  /** `$merge`: these are one; at least two, each once. */
  | { readonly kind: "merge"; readonly ids: readonly string[] };

/** The clusters as they are. An id that nobody joined is a cluster of its own. */
export interface Clusters {
  /** The id that the cluster of an id goes by. */
  canonicalId(distinctId: string): string;
  /** How many ids the cluster has that goes by an id. */
  size(canonicalId: string): number;
}

/** Two clusters become one: what went by `from` goes by `into`. Both are canonical ids, and they differ. */
export interface Join {
  readonly from: string;
  readonly into: string;
}

/** The distinct id of a device: its `$device_id`, marked as one. */
export function deviceDistinctId(deviceId: string): string {
  return deviceId.startsWith(DEVICE_PREFIX) ? deviceId : `${DEVICE_PREFIX}${deviceId}`;
}

/** What an event claims; undefined for most events. */
export function linkOf(event: Event, mode: IdentityMode): Link | undefined {
  if (mode === "simplified") return deviceLink(event);
  switch (event.name) {
    case "$identify":
      return identifyLink(event);
    case "$create_alias":
      return aliasLink(event);
    case "$merge":
      return mergeLink(event);
    default:
      return undefined;
  }
}

/** The ids whose clusters decide what a link joins. */
export function idsOf(link: Link): readonly string[] {
  switch (link.kind) {
    case "device":
      return [link.deviceId, link.userId];
    case "identify":
      return [link.anonymousId, link.identifiedId];
    case "alias":
      return [link.alias, link.existingId];
    case "merge":
      return link.ids;
  }
}

/**
 * What a link joins, in order; nothing when the rules forbid it or it is so already.
 *
 * A device, an anonymous id and an alias can be given away once: an id that goes by another stays there. With an
 * id goes the whole cluster that goes by it.
 */
export function joinsOf(link: Link, clusters: Clusters): readonly Join[] {
  switch (link.kind) {
    case "device":
      return joinsInto(clusters, link.userId, [link.deviceId], Number.POSITIVE_INFINITY);
    case "identify":
      return joinsInto(clusters, link.identifiedId, [link.anonymousId], CLUSTER_IDS_MAX);
    case "alias":
      return joinsInto(clusters, link.existingId, [link.alias], CLUSTER_IDS_MAX);
    case "merge": {
      const canonicalIds = link.ids.map((id) => clusters.canonicalId(id));
      const into = canonicalIds.find((id) => !UUID_V4.test(id)) ?? canonicalIds[0] ?? NOBODY;
      return joinsInto(clusters, into, canonicalIds, CLUSTER_IDS_MAX);
    }
  }
}

const UUID_V4 = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/i;

/** Joins ids that go by themselves, one after the other, as long as the cluster has room. */
function joinsInto(
  clusters: Clusters,
  id: string,
  joining: readonly string[],
  idsMax: number,
): readonly Join[] {
  const into = clusters.canonicalId(id);
  let size = clusters.size(into);
  const joins: Join[] = [];
  for (const from of new Set(joining)) {
    if (from === into || clusters.canonicalId(from) !== from) continue;
    if (size + clusters.size(from) > idsMax) continue;
    size += clusters.size(from);
    joins.push({ from, into });
  }
  return joins;
}

/** A user id that looks like a device is none: two users would meet in it. */
function deviceLink({ properties }: Event): Link | undefined {
  const deviceId = readId(properties.get("$device_id"));
  const userId = readId(properties.get("$user_id"));
  if (deviceId === undefined || userId === undefined) return undefined;
  if (userId.startsWith(DEVICE_PREFIX)) return undefined;
  return { kind: "device", deviceId: deviceDistinctId(deviceId), userId };
}

/** Browsers name the user by the distinct id, and who was anonymous by `$anon_distinct_id`. */
function identifyLink({ properties, distinctId }: Event): Link | undefined {
  const identifiedId = readId(properties.get("$identified_id")) ?? readId(distinctId);
  const anonymousId =
    readId(properties.get("$anon_id")) ?? readId(properties.get("$anon_distinct_id"));
  if (identifiedId === undefined || anonymousId === undefined) return undefined;
  const uuid = anonymousId.startsWith(DEVICE_PREFIX)
    ? anonymousId.slice(DEVICE_PREFIX.length)
    : anonymousId;
  return UUID_V4.test(uuid) ? { kind: "identify", anonymousId, identifiedId } : undefined;
}

function aliasLink({ properties, distinctId }: Event): Link | undefined {
  const alias = readId(properties.get("alias"));
  const existingId = readId(distinctId);
  if (alias === undefined || existingId === undefined) return undefined;
  return { kind: "alias", alias, existingId };
}

function mergeLink({ properties }: Event): Link | undefined {
  const list = properties.get("$distinct_ids");
  if (!isList(list)) return undefined;
  const ids = new Set<string>();
  for (const item of list as readonly Value[]) {
    const id = readId(item);
    if (id === undefined) return undefined;
    ids.add(id);
  }
  return ids.size < 2 ? undefined : { kind: "merge", ids: [...ids] };
}

/** An id in a property: a text that is not empty, or a number's digits. */
function readId(value: Value | undefined): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== NOBODY ? value.toWellFormed() : undefined;
}
