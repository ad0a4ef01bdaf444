/**
 * Every peer, opened one after the other; those that this machine lacks are left out with a word.
 *
 * @module
 */
import { timed } from "../measure.ts";
import type { PeerName } from "../questions/question.ts";
import { CLICKHOUSE } from "./clickhouse.ts";
import { HAND_TYPED, JSON_COLUMN } from "./duckdb.ts";
import type { Peer, PeerKind, PeerSource } from "./peer.ts";
import { POSTGRES } from "./postgres.ts";

/** The kinds, the limit first. */
export const PEER_KINDS: readonly PeerKind[] = [HAND_TYPED, JSON_COLUMN, POSTGRES, CLICKHOUSE];

/** Opens peers and loads those that are not loaded. */
export async function openPeers(
  names: readonly PeerName[],
  source: PeerSource,
  print: (line: string) => void,
): Promise<readonly Peer[]> {
  const peers: Peer[] = [];
  try {
    for (const kind of PEER_KINDS.filter(({ name }) => names.includes(name))) {
      const missing = kind.missing(source.folder);
      if (missing === undefined) {
        const ms = await timed(async () => {
          peers.push(await kind.open(source));
        });
        print(`${kind.title} is open after ${(ms / 1_000).toFixed(1)} s`);
      } else {
        print(`${kind.title} is left out: ${missing}`);
      }
    }
  } catch (error) {
    await closePeers(peers);
    throw error;
  }
  return peers;
}

/** Closes them all. */
export async function closePeers(peers: readonly Peer[]): Promise<void> {
  for (const peer of peers) await peer.close();
}
