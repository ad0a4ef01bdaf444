/**
 * A file of bearer tokens as the tokens a server accepts.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { fail } from "../../errors/error.ts";
import type { BearerToken } from "../../project/access.ts";
import { isRecord } from "../http-client.ts";
import { SETTINGS } from "../settings/settings.ts";
import { systemReason } from "../system-reason.ts";

/**
 * Reads `[{"token": "…", "service_account": "…"}, …]`.
 *
 * @param file empty for no tokens
 * @throws `setting.invalid`
 */
export async function readBearerTokens(file: string): Promise<readonly BearerToken[]> {
  if (file === "") return [];
  let rows: unknown;
  try {
    rows = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw invalid(`${file}: ${systemReason(error)}`);
  }
  if (!Array.isArray(rows)) throw invalid(`${file} without a list`);
  return rows.map((row: unknown, index) => {
    const { token, service_account: username } = isRecord(row) ? row : {};
    if (typeof token !== "string" || token === "" || typeof username !== "string") {
      throw invalid(`${file} with another entry ${index + 1}`);
    }
    return { token, serviceAccountUsername: username };
  });
}

function invalid(found: string): Error {
  return fail("setting.invalid", {
    setting: SETTINGS.bearerTokens.flag,
    expected: 'a JSON file like [{"token": "…", "service_account": "…"}]',
    found,
  });
}
