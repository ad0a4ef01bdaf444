/**
 * The `Authorization` header as the credential it carries.
 *
 * Clients write Basic credentials in many ways: as they are, in base64 of either alphabet, with and
 * without padding, and a secret alone with no colon behind it. All are read.
 *
 * @module
 */

/** What a header presents. */
export type Presented =
  | { readonly kind: "secret"; readonly secret: string }
  | { readonly kind: "service_account"; readonly username: string; readonly secret: string }
  | { readonly kind: "bearer"; readonly token: string };

/** A longer header is no credential of ours. */
export const HEADER_LENGTH_MAX = 4096;

/** Reads a header; undefined when it carries no credential that can be read. */
export function readAuthorization(header: string): Presented | undefined {
  if (header.length > HEADER_LENGTH_MAX) return undefined;
  const text = header.trim();
  const schemeEnd = text.search(/\s/);
  if (schemeEnd === -1) return undefined;
  const rest = text.slice(schemeEnd).trimStart();
  switch (text.slice(0, schemeEnd).toLowerCase()) {
    case "basic":
      return readBasic(rest);
    case "bearer":
      return { kind: "bearer", token: rest };
    default:
      return undefined;
  }
}

function readBasic(text: string): Presented | undefined {
  const credential = text.includes(":") ? text : decodeBase64(text);
  if (credential === undefined) return undefined;
  const colonAt = credential.indexOf(":");
  const username = colonAt < 0 ? credential : credential.slice(0, colonAt);
  const secret = colonAt < 0 ? "" : credential.slice(colonAt + 1);
  if (username === "") return undefined;
  return secret === ""
    ? { kind: "secret", secret: username }
    : { kind: "service_account", username, secret };
}

function decodeBase64(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined;
  // `echo secret: | base64` encodes the end of the line too, which no credential contains.
  return Buffer.from(text, "base64")
    .toString("utf8")
    .replace(/\r?\n$/, "");
}
