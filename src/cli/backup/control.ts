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
import type { Manifest } from "./manifest.ts";

const SOCKET = "control.sock";
/** Nobody but the server's own user. */
const SOCKET_MODE = 0o600;

/** What the server can be asked to do. */
export interface ControlHandlers {
  /** @param target an absolute path */
  backUp(target: string): Promise<Manifest>;
}

/** Takes orders until it is closed. */
export interface Control {
  close(): Promise<void>;
}

/** What stands in a request and in an answer. */
interface Order {
  readonly target: string;
}
type Outcome =
  | { readonly manifest: Manifest }
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
    const { target } = JSON.parse(await text(asked)) as Order;
    return { manifest: await handlers.backUp(target) };
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
 * Asks the server of a data folder for a backup.
 *
 * @returns undefined when no server listens there
 */
export async function askForBackup(folder: string, target: string): Promise<Manifest | undefined> {
  let answer: string;
  try {
    answer = await send(join(folder, SOCKET), JSON.stringify({ target } satisfies Order));
  } catch (error) {
    if (isNobody(error)) return undefined;
    throw fail("server.unreachable", {
      url: join(folder, SOCKET),
      reason: systemReason(error),
    });
  }
  const outcome = JSON.parse(answer) as Outcome;
  if ("manifest" in outcome) return outcome.manifest;
  throw new WhomError(outcome.code, outcome.message, outcome.hint);
}

async function send(socketPath: string, body: string): Promise<string> {
  const asking = request({ socketPath, method: "POST", path: "/backup" });
  asking.end(body);
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  return text(answer);
}

function isNobody(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ECONNREFUSED" || code === "ENOTSOCK";
}
