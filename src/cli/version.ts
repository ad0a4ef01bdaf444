/**
 * The version of the package.
 *
 * @module
 */
import { readFileSync } from "node:fs";

/** As `package.json` has it. The path is the same from `src/cli` and from `dist/cli`. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
