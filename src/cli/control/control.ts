/**
 * How a command asks the server that holds its data folder: over a socket in that folder, which only who may read the
 * folder can open. Nothing of it can be reached over the network.
 *
 * @module
 */
import { once } from "node:events";
import { chmod, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { ErrorCode } from "../../errors/catalogue.ts";
import { fail, WhomError } from "../../errors/error.ts";
import { systemReason } from "../system-reason.ts";

const SOCKET = "control.sock";
/** Nobody but the server's own user. */
const SOCKET_MODE = 0o600;

/** What the server can be asked to do, by name: from a JSON value to another one. */
export interface ControlHandlers {
  readonly [order: string]: (given: unknown) => Promise<unknown>;
}

/** Takes orders until it is closed. */
export interface Control {
  close(): Promise<void>;
}

/** What stands in an answer. */
type Outcome =
  | { readonly done: unknown }
  | { readonly code: ErrorCode; readonly message: string; readonly hint: string };

/** Listens in a data folder that this process holds. @throws where a socket cannot be made, as for very long paths */
export async function listenForOrders(folder: string, handlers: ControlHandlers): Promise<Control> {
  const path = join(folder, SOCKET);
  // A process that was killed leaves its own; whoever holds the folder is the only one to listen.
  await rm(path, { force: true });
  const server = createServer((asked, answer) => {
    obey(asked, handlers).then(
      (outcome) => answer.end(JSON.stringify(outcome)),
      () => answer.destroy(),
    );
  });
  server.listen(path);
  await once(server, "listening");
  await chmod(path, SOCKET_MODE);
  return { close: () => close(server) };
}

async function obey(asked: IncomingMessage, handlers: ControlHandlers): Promise<Outcome> {
  try {
    const order = (asked.url ?? "").slice(1);
    const handle = Object.hasOwn(handlers, order) ? handlers[order] : undefined;
    if (handle === undefined) {
      // Of another version, which knows orders that this one does not.
      const hint = "stop the server, and give the command then";
      throw fail("command.invalid", { reason: `the server cannot ${order}`, hint });
    }
    return { done: await handle(JSON.parse(await text(asked))) };
  } catch (error) {
    const { code, message, hint } =
      error instanceof WhomError
        ? error
        : fail("data.engine_failed", { reason: systemReason(error) });
    return { code, message, hint };
  }
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

/**
 * Gives an order to the server of a data folder.
 *
 * @returns what the server's handler gave; undefined when no server listens there
 */
export async function giveOrder(folder: string, order: string, given: unknown): Promise<unknown> {
  const path = join(folder, SOCKET);
  let answer: string;
  try {
    answer = await send(path, order, JSON.stringify(given));
  } catch (error) {
    if (isNobody(error)) return undefined;
    throw fail("server.unreachable", { url: path, reason: systemReason(error) });
  }
  const outcome = JSON.parse(answer) as Outcome;
  if ("done" in outcome) return outcome.done;
  throw new WhomError(outcome.code, outcome.message, outcome.hint);
}

async function send(socketPath: string, order: string, body: string): Promise<string> {
  const asking = request({ socketPath, method: "POST", path: `/${order}` });
  asking.end(body);
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  return text(answer);
}

function isNobody(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ECONNREFUSED" || code === "ENOTSOCK";
}
