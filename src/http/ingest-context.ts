/**
 * What the endpoints that write are given, how they decode, and what becomes of tokens that no project has.
 *
 * @module
 */
import { type Clock, Turn } from "../clock.ts";
import { fail } from "../errors/error.ts";
import type { Writer } from "../ingest/writer.ts";
import type { Project } from "../project/project.ts";

/** What the endpoints need whose records name their project by its token. */
export interface UpdateContext {
  projectByToken(token: string): Project | undefined;
  readonly writer: Pick<Writer, "write">;
  readonly clock: Clock;
  /** Whether a record with an unknown token is reported; otherwise it is dropped in silence. */
  readonly strictTokens: boolean;
  /** Told how many records of a request were dropped for an unknown token. */
  onDropped(count: number): void;
}

/** Records of one token, once it is known whose it is. */
export interface OwnedBatch<Batch> {
  readonly batch: Batch;
  readonly project: Project;
}

/** The records of a request by whether their token is known. */
export interface SortedBatches<Batch> {
  readonly known: readonly OwnedBatch<Batch>[];
  readonly unknown: readonly Batch[];
}

/**
 * Finds the project of each batch.
 *
 * @param parameters of the request: a `project_id` holds all tokens to that project
 * @throws `access.token_mismatch`
 */
export function findProjects<Batch extends { readonly token: string }>(
  context: UpdateContext,
  batches: readonly Batch[],
  parameters: ReadonlyMap<string, string>,
): SortedBatches<Batch> {
  const projectId = parameters.get("project_id")?.trim() ?? "";
  const known: OwnedBatch<Batch>[] = [];
  const unknown: Batch[] = [];
  for (const batch of batches) {
    const project = context.projectByToken(batch.token);
    if (project === undefined) {
      unknown.push(batch);
      continue;
    }
    if (projectId !== "" && projectId !== String(project.id)) {
      throw fail("access.token_mismatch", { projectId });
    }
    known.push({ batch, project });
  }
  return { known, unknown };
}

/**
 * Counts the records of unknown tokens as dropped.
 *
 * @returns the failures to report for them: none, unless the operator wants tokens to be checked
 */
export function dropUnknown<Failure>(
  context: UpdateContext,
  failures: readonly Failure[],
): readonly Failure[] {
  if (failures.length > 0) context.onDropped(failures.length);
  return context.strictTokens ? failures : [];
}

/** Decodes the records of a request while other work gets its turn. */
export async function decodeInTurns<Decoded>(
  records: readonly unknown[],
  decoder: { readonly decoded: Decoded; add(record: unknown): void },
): Promise<Decoded> {
  const turn = new Turn();
  for (const record of records) {
    decoder.add(record);
    if (turn.isOver) await turn.next();
  }
  return decoder.decoded;
}

/** Why a record of an unknown token was left out. */
export const UNKNOWN_TOKEN = "Invalid token";
