/**
 * `whom events`: the events of some days, one JSON object a line, from a data folder or a running server.
 *
 * @module
 */
import { spanOf } from "../../event/window.ts";
import { eventJson } from "../../http/event-json.ts";
import type { Project } from "../../project/project.ts";
import { compile, EVENT_SCOPE } from "../../selector/selector.ts";
import type { Store } from "../../store/store.ts";
import { formatInstant } from "../../values/time.ts";
import { EXIT, type ExitCode } from "../failure.ts";
import { accepted, ask, askForBytes, isRecord } from "../http-client.ts";
import { linesForScreen, print, type Terminal } from "../terminal.ts";
import type { ServerAddress } from "./profile-source.ts";

/** Which events to print. */
export interface EventsRequest {
  /** A day of the project's calendar; undefined for the first there is. */
  readonly from: string | undefined;
  /** Undefined for now. */
  readonly to: string | undefined;
  /** Exactly these names; empty for all. */
  readonly names: readonly string[];
  readonly selector: string;
  readonly limit: number | undefined;
}

/** The first day of which the API takes events. */
const FIRST_DAY = "1970-01-01";

/** Prints events as they come. */
export async function runEvents(
  terminal: Terminal,
  texts: AsyncIterable<string | Uint8Array>,
): Promise<ExitCode> {
  const isScreen = terminal.output.isTTY === true;
  for await (const text of isScreen ? linesForScreen(texts) : texts) await print(terminal, text);
  return EXIT.ok;
}

/** The events of a project of an opened data folder, as lines. */
export async function* storeEvents(
  store: Store,
  project: Project,
  request: EventsRequest,
): AsyncGenerator<string> {
  const asOfSeconds = Math.floor(Date.now() / 1000);
  const { timeZone } = project;
  const { from, to } = request;
  const parts = store.events({
    projectId: project.id,
    span: spanOf({ kind: "days", from, to }, asOfSeconds, timeZone),
    names: request.names.length === 0 ? undefined : request.names,
    distinctIds: undefined,
    selector: compile(request.selector, EVENT_SCOPE),
    limit: request.limit,
    asOfSeconds,
    timeZone,
  });
  for await (const rows of parts) yield rows.map((row) => `${eventJson(row)}\n`).join("");
}

/** The events of a project of a running server, as it writes them. */
export async function* serverEvents(
  address: ServerAddress,
  request: EventsRequest,
): AsyncGenerator<Uint8Array> {
  // The server would find the same mistakes, but cannot show where they are as well.
  compile(request.selector, EVENT_SCOPE);
  const { url, authorization, projectId } = address;
  const query = new URLSearchParams({
    project_id: projectId,
    from_date: request.from ?? FIRST_DAY,
    to_date: request.to ?? today(await timeZoneOf(address)),
  });
  if (request.names.length > 0) query.set("event", JSON.stringify(request.names));
  if (request.selector !== "") query.set("where", request.selector);
  if (request.limit !== undefined) query.set("limit", String(request.limit));
  const path = `/api/2.0/export?${query}`;
  yield* askForBytes(url, { method: "GET", path, headers: { authorization } });
}

/** The zone that the days of a project are of, which the server takes no later ones than today in. */
async function timeZoneOf({ url, authorization, projectId }: ServerAddress): Promise<string> {
  const reply = await ask(url, { method: "GET", path: "/api/app/me", headers: { authorization } });
  const { results } = accepted(reply);
  const projects = isRecord(results) ? results["projects"] : undefined;
  const project = isRecord(projects) ? projects[projectId] : undefined;
  const timeZone = isRecord(project) ? project["timezone"] : undefined;
  return typeof timeZone === "string" ? timeZone : "UTC";
}

function today(timeZone: string): string {
  return formatInstant(Math.floor(Date.now() / 1000), timeZone).slice(0, "YYYY-MM-DD".length);
}
