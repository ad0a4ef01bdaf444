/**
 * A data folder made of a backup.
 *
 * @module
 */
import { chmod, copyFile, mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fail, WhomError } from "../../errors/error.ts";
import { type EngineSettings, openDataFolder } from "../data-folder.ts";
import { systemReason } from "../system-reason.ts";
import { sync, verify } from "./back-up.ts";
import { checkFiles, type Manifest } from "./manifest.ts";

/** Only its owner may read what holds secrets. */
const FILE_MODE = 0o600;

/**
 * Makes a data folder where none is, or an empty one. It has its name once it could be opened.
 *
 * @throws `data.folder_exists`, `data.backup_damaged`, `data.folder_unusable`, `data.format_unknown`
 */
export async function restore(
  backup: string,
  data: string,
  engine: EngineSettings,
): Promise<Manifest> {
  const target = resolve(data);
  const partial = `${target}.restoring`;
  try {
    await refuseUsed(target);
    const manifest = await verify(backup);
    await mkdir(dirname(target), { recursive: true });
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { mode: 0o700 });
    for (const { name } of manifest.files) {
      await copyFile(join(backup, name), join(partial, name));
      await chmod(join(partial, name), FILE_MODE);
      await sync(join(partial, name));
    }
    await checkFiles(partial, manifest);
    // Opening brings an older format up to date, and shows that the server will be able to.
    await (await openDataFolder(partial, engine)).close();
    await sync(partial);
    await rmdir(target).catch(() => undefined);
    await rename(partial, target);
    await sync(dirname(target));
    return manifest;
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    if (error instanceof WhomError) throw error;
    throw fail("data.folder_unusable", { folder: data, reason: systemReason(error) });
  }
}

async function refuseUsed(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.length > 0) throw fail("data.folder_exists", { folder });
}
