/**
 * What a peer is: an engine that holds the same sample, asked directly for the same answers.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PeerName, Statements } from "../questions/question.ts";

/** What a peer answered. */
export interface PeerAnswer {
  /** The answer, and the columns that came with it. */
  readonly rows: readonly Row[];
  /** What the second statement read; undefined without one. */
  readonly documents: readonly Row[] | undefined;
  /** From asking to having read everything. */
  readonly ms: number;
}

/** The columns of a row as text. */
export type Row = readonly string[];

/** An engine that is loaded. */
export interface Peer {
  readonly name: PeerName;
  readonly title: string;
  /** The engine and its version. */
  readonly engine: string;
  ask(statements: Statements): Promise<PeerAnswer>;
  close(): Promise<void>;
}

/** What a peer is loaded from, and where it may keep what it has loaded. */
export interface PeerSource {
  /** Profiles as NDJSON. */
  readonly sample: string;
  /** Events as NDJSON; undefined without any. */
  readonly events: string | undefined;
  readonly folder: string;
}

/** A kind of peer. */
export interface PeerKind {
  readonly name: PeerName;
  readonly title: string;
  /** Why it cannot be asked here, from this folder, and what to do; undefined when it can. */
  missing(folder: string): string | undefined;
  open(source: PeerSource): Promise<Peer>;
}

const MARK = "loaded.json";

/**
 * Loads a peer into a folder unless what it says of itself was loaded there before; what an interrupted or
 * other load left is removed.
 *
 * @param recipe everything that the loaded data depends on
 */
export async function loadOnce(
  folder: string,
  recipe: string,
  load: () => Promise<void>,
): Promise<void> {
  const hash = createHash("sha256").update(recipe).digest("hex");
  const mark = join(folder, MARK);
  if (existsSync(mark) && readFileSync(mark, "utf8") === hash) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await load();
  writeFileSync(mark, hash);
}

/** Puts ids in the place of `$ids`. */
export function withIds(statement: string, list: string): string {
  return statement.replace("$ids", () => list);
}
