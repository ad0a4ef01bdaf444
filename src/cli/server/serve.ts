/**
 * `whom serve` and `whom openapi`.
 *
 * @module
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { SYSTEM_CLOCK } from "../../clock.ts";
import { Writer } from "../../ingest/writer.ts";
import { ProjectDirectory } from "../../project/directory.ts";
import { MemoryStore } from "../../store/memory.ts";
import { openDataFolder } from "../data-folder.ts";
import { EXIT, type ExitCode } from "../failure.ts";
import { resolveSettings, type Settings } from "../settings/settings.ts";
import { note, print, type Terminal } from "../terminal.ts";
import { openLog } from "./log.ts";
import { makeServer, startServer } from "./running-server.ts";

/** Serves a data folder until the terminal asks to stop. */
export async function runServe(terminal: Terminal, settings: Settings): Promise<ExitCode> {
  const folder = await openDataFolder(settings.data, settings);
  const logger = openLog(settings.logLevel, terminal.notes);
  const server = await startServer(folder, settings, logger);
  logger.info({ url: server.url, data: settings.data }, "listening");
  if (terminal.notes.isTTY === true) {
    note(terminal, `Whom listens on ${server.url}, its API is described at ${server.url}/docs`);
  }
  if (!terminal.stop.aborted) await once(terminal.stop, "abort");
  await server.stop();
  return EXIT.ok;
}

/** Prints the OpenAPI document, which needs no data. */
export async function runOpenApi(terminal: Terminal): Promise<ExitCode> {
  const data = await mkdtemp(join(tmpdir(), "whom-openapi-"));
  try {
    const store = new MemoryStore();
    const folder = {
      directory: ProjectDirectory.inMemory(SYSTEM_CLOCK),
      store,
      writer: new Writer(store),
      settle: async () => undefined,
      close: () => store.close(),
    };
    const { settings } = resolveSettings({ data }, {});
    const server = await makeServer(folder, settings, pino({ level: "silent" }));
    const reply = await server.app.inject().get("/openapi.json").end();
    await server.stop();
    await print(terminal, `${JSON.stringify(JSON.parse(reply.payload), null, 2)}\n`);
    return EXIT.ok;
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}
