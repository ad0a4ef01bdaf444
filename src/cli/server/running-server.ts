/**
 * A data folder as a server that listens.
 *
 * @module
 */
import type { Logger } from "pino";
import { SYSTEM_CLOCK } from "../../clock.ts";
import { fail } from "../../errors/error.ts";
import { createServer, type Server } from "../../http/server.ts";
import { SessionStore } from "../../paging/session-store.ts";
import { backUp } from "../backup/back-up.ts";
import { type Control, listenForOrders } from "../control/control.ts";
import { type DataFolder, sessionsFolder } from "../data-folder.ts";
import type { Settings } from "../settings/settings.ts";
import { compactFolder } from "../upkeep/compact.ts";
import { packageVersion } from "../version.ts";
import { readBearerTokens } from "./bearer-tokens.ts";

/** A server and where it listens. */
export interface RunningServer {
  /** `http://127.0.0.1:8274` */
  readonly url: string;
  /** Ends it in order; the data folder is closed as well. */
  stop(): Promise<void>;
}

/** Makes a server of a data folder, without listening. */
export async function makeServer(
  folder: Omit<DataFolder, "copyTo">,
  settings: Settings,
  logger: Logger,
): Promise<Server> {
  const sessions = await SessionStore.open({
    folder: sessionsFolder(settings.data),
    clock: SYSTEM_CLOCK,
    idleMs: settings.sessionIdleMs,
    perProjectMax: settings.sessionsPerProjectMax,
    bytesMax: settings.sessionBytesMax,
    warn: (message, facts) => logger.warn(facts, message),
  });
  const { directory, store, writer } = folder;
  const bearerTokens = await readBearerTokens(settings.bearerTokens);
  for (const { serviceAccountUsername: username } of bearerTokens) {
    if (directory.serviceAccount(username) === undefined) {
      logger.warn({ username }, "a bearer token names a service account that does not exist");
    }
  }
  return createServer({
    directory,
    store,
    writer,
    sessions,
    clock: SYSTEM_CLOCK,
    settings: { ...settings, bearerTokens },
    logger,
    version: packageVersion(),
  });
}

/** Starts to listen. */
export async function startServer(
  folder: DataFolder,
  settings: Settings,
  logger: Logger,
): Promise<RunningServer> {
  const server = await makeServer(folder, settings, logger);
  try {
    const url = await server.listen(settings.host, settings.port);
    const control = await takeOrders(folder, settings.data, logger);
    const stop = async (): Promise<void> => {
      await control?.close();
      await server.stop();
    };
    return { url, stop };
  } catch (error) {
    await server.stop();
    throw listenFailure(settings, error);
  }
}

/** A server that cannot be asked over its folder serves all the same. */
async function takeOrders(
  folder: DataFolder,
  path: string,
  logger: Logger,
): Promise<Control | undefined> {
  try {
    return await listenForOrders(path, {
      backup: async (given) => {
        const { target } = given as { readonly target: string };
        const manifest = await backUp({ path, folder }, target);
        logger.info({ target }, "backed up");
        return manifest;
      },
      compact: async () => {
        const compacted = await compactFolder(folder.store, path);
        logger.info(compacted, "compacted");
        return compacted;
      },
    });
  } catch (error) {
    logger.warn(error, "takes no orders over the data folder");
    return undefined;
  }
}

function listenFailure({ host, port }: Settings, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  switch (code) {
    case "EADDRINUSE":
      return fail("server.cannot_listen", { host, port, reason: "the port is in use" });
    case "EACCES":
      return fail("server.cannot_listen", { host, port, reason: "that needs more rights" });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return fail("server.cannot_listen", {
        host,
        port,
        reason: "this machine has no such address",
      });
    default:
      return error;
  }
}
