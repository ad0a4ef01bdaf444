/**
 * What a request for an export asks, and in which columns.
 *
 * @module
 */
import { fail } from "../../errors/error.ts";
import { type OpenedExport, openExport, resumeExport } from "../../paging/export.ts";
import type { Access } from "../../project/project.ts";
import { everyProfile } from "../../query/query.ts";
import type { DocumentForm } from "../../store/documents.ts";
import type { ApiRequest } from "../api.ts";
import type { Admit } from "../authorize.ts";
import type { ServerContext } from "../context.ts";
import {
  type Members,
  type QueryParameters,
  readInteger,
  readQuery,
  readTruth,
} from "../parameters.ts";
import { planRequest } from "../plan-request.ts";
import { documentForm } from "./form.ts";
import { type ExportFormat, readFormat } from "./format.ts";

/** A request for an export, checked. */
export interface ExportParameters extends QueryParameters {
  readonly format: ExportFormat;
  /** The first profile of the session that is wanted, counted from 0. */
  readonly offset: number;
  /** Whether the last line says that it is. */
  readonly hasFooter: boolean;
  readonly isSpreadsheetSafe: boolean;
}

/** An export that can begin. */
export interface PreparedExport {
  readonly opened: OpenedExport;
  readonly form: DocumentForm;
}

/**
 * Reads and checks the parameters of an export.
 *
 * @throws `query.*`
 */
export function readExport(members: Members, request: ApiRequest, nowMs: number): ExportParameters {
  const query = readQuery(members, nowMs);
  const format = readFormat(members, request);
  const offset = readInteger(members, "offset") ?? 0;
  if (offset > 0 && query.sessionId === undefined) {
    throw wrongOffset(offset, "0 without a session_id");
  }
  if (offset > 0 && format === "parquet") throw wrongOffset(offset, "0 for a Parquet file");
  return {
    ...query,
    format,
    offset,
    hasFooter: readTruth(members, "footer") ?? false,
    isSpreadsheetSafe: readTruth(members, "spreadsheet_safe") ?? true,
  };
}

function wrongOffset(offset: number, expected: string) {
  return fail("query.invalid_parameter", {
    parameter: "offset",
    expected,
    found: String(offset),
  });
}

/**
 * Opens a session for an export, or finds the one that it goes on in.
 *
 * @param admit counts a new query
 * @throws `query.*`, `selector.*`
 */
export async function prepareExport(
  context: ServerContext,
  access: Access,
  parameters: ExportParameters,
  admit: Admit,
  signal: AbortSignal,
): Promise<PreparedExport> {
  const owner = { projectId: access.project.id, workspaceId: access.workspace.id };
  const { sessionId, offset, outputProperties, pageSize } = parameters;
  if (sessionId !== undefined) {
    const opened = await resumeExport(context, owner, sessionId, offset);
    const { session } = opened;
    const named = outputProperties ?? session.outputProperties;
    const isUnnamed = named === undefined || named.length === 0;
    if (parameters.format === "csv" && isUnnamed && offset > 0) {
      throw fail("query.parameter_required", { parameter: "output_properties" });
    }
    const asked = { ...parameters, outputProperties: named };
    const form = await documentForm(context.store, asked, everyProfile(session.scope), signal);
    return { opened, form };
  }
  admit();
  const query = await planRequest(context, access, parameters.query);
  const form = await documentForm(context.store, parameters, query, signal);
  // Whoever goes on with a file goes on with its columns.
  const columns = form.kind === "csv" ? form.names : outputProperties;
  const opened = await openExport(
    context,
    { owner, pageSize, outputProperties: columns, query },
    signal,
  );
  return { opened, form };
}
