/**
 * Signed requests of old clients: parameters and a secret as a signature.
 *
 * MD5 is what those clients compute. It is no longer safe, which is why servers accept signed requests
 * only where their operator asks for it.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** Parameters that are not signed: the signature itself, and where a browser wants the answer. */
const UNSIGNED: ReadonlySet<string> = new Set(["sig", "callback"]);

/**
 * The signature of a request: MD5 over all parameters by name, written `name=value` one after another,
 * and the project's API secret.
 *
 * @param parameters texts are signed as sent, anything else as its JSON text
 * @returns lower-case hexadecimal
 */
export function sign(
  parameters: Iterable<readonly [name: string, value: unknown]>,
  apiSecret: string,
): string {
  const hash = createHash("md5");
  const signed = [...parameters]
    .filter(([name, value]) => !UNSIGNED.has(name) && value !== undefined)
    .map(([name, value]): readonly [string, string] => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ])
    .sort(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  for (const [name, value] of signed) hash.update(`${name}=${value}`);
  return hash.update(apiSecret).digest("hex");
}
