/**
 * What a store exports, read back.
 *
 * @module
 */
import { parse } from "csv-parse/sync";
import type { DocumentForm, DocumentsRequest } from "../../src/store/documents.ts";
import type { ProfileKeys, Store } from "../../src/store/store.ts";
import { USERS } from "./updates.ts";

/** An export, gathered. */
export interface Gathered {
  readonly rowCount: number;
  readonly bytes: Buffer;
  readonly partCount: number;
}

/** Exports some keys of the users, or of what the members say. */
export async function exported(
  store: Store,
  keys: ProfileKeys,
  form: DocumentForm,
  members: Partial<DocumentsRequest> = {},
  signal?: AbortSignal,
): Promise<Gathered> {
  const request = { scope: USERS, keys, includesStrangers: false, form, ...members };
  const parts: Uint8Array[] = [];
  let rowCount = 0;
  for await (const part of store.documents(request, signal)) {
    rowCount += part.rowCount;
    parts.push(part.bytes);
  }
  return { rowCount, bytes: Buffer.concat(parts), partCount: parts.length };
}

/** The lines of an export, each as JSON is written when it is read and written again. */
export function linesOf({ bytes }: Pick<Gathered, "bytes">): readonly string[] {
  const lines = bytes.toString().split("\n");
  if (lines.pop() !== "") throw new Error("the last line has no end");
  return lines.map(normal);
}

/** JSON text as `JSON.stringify` writes it. */
export function normal(json: string): string {
  return JSON.stringify(JSON.parse(json));
}

/** The cells of CSV; numbers, lists and objects as JSON is written. */
export function cellsOf({ bytes }: Pick<Gathered, "bytes">): readonly (readonly string[])[] {
  const rows = parse(bytes, { relax_column_count: true, record_delimiter: "\r\n" }) as string[][];
  return rows.map((cells) => cells.map(normalCell));
}

function normalCell(cell: string): string {
  if (!/^[-\d[{]/.test(cell)) return cell;
  try {
    return normal(cell);
  } catch {
    return cell;
  }
}
