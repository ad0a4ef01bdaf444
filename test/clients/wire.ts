/**
 * What official clients put on the wire, and the answers that they compare.
 *
 * @module
 */
import { type ListeningServer, type SocketRequest, send } from "./duckdb-server.ts";

/** The type of a form. */
export const FORM = "application/x-www-form-urlencoded";

/** A value whose base64 holds `+` and `/`, and whose form needs escapes. */
export const TEXT = "~~>>??û> a+b&c=d 100% 名";

/** A form as `requests`, `Net::HTTP` and `fetch` write it. */
export function form(members: Readonly<Record<string, string>>): string {
  return new URLSearchParams(members).toString();
}

/** An answer that clients compare byte for byte, with the type it comes as. */
export interface WireAnswer {
  readonly status: number;
  readonly body: string;
  readonly type: string | undefined;
}

/** The answer that something was taken. */
export const TEXT_1: WireAnswer = { status: 200, body: "1", type: "text/plain" };
/** The verbose answer that something was taken. */
export const VERBOSE_1: WireAnswer = {
  status: 200,
  body: '{"error": null, "status": 1}',
  type: "application/json",
};

/** Sends a request and gives what clients compare. */
export async function answerOf(
  server: ListeningServer,
  request: SocketRequest,
): Promise<WireAnswer> {
  const { status, body, headers } = await send(server, request);
  return { status, body, type: String(headers["content-type"]).split(";")[0] };
}
