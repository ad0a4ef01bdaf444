/**
 * The target of a request line: what of it is routed, and what of it may be shown again.
 *
 * @module
 */

const ABSOLUTE = /^https?:\/\/[^/?#]*/i;
const FRAGMENT_IN_PATH = /(?:#|%23).*$/i;
const SHOWN_LENGTH_MAX = 8192;
/** Names of parameters that carry a secret; their values are never repeated. */
const SECRET_NAMES: ReadonlySet<string> = new Set([
  "api_key",
  "api_secret",
  "sig",
  "token",
  "$token",
  "secret",
  "password",
  "access_token",
  "authorization",
]);

/**
 * The target as it is routed: no scheme and host, no fragment.
 *
 * The documentation tells operations of one path apart by a fragment (`/engage#profile-set`), and some clients
 * send it, raw or escaped.
 */
export function routedTarget(target: string): string {
  const relative = ABSOLUTE.test(target) ? target.replace(ABSOLUTE, "") : target;
  const { path, query } = splitTarget(relative);
  const cut = path.replace(FRAGMENT_IN_PATH, "");
  const queryCut = query.replace(/#.*$/s, "");
  return `${cut.startsWith("/") ? "" : "/"}${cut}${queryCut === "" ? "" : `?${queryCut}`}`;
}

/** The path of a target. */
export function pathOf(target: string): string {
  const at = target.indexOf("?");
  return at === -1 ? target : target.slice(0, at);
}

/** The path and the query string of a target. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const at = target.indexOf("?");
  return at === -1
    ? { path: target, query: "" }
    : { path: target.slice(0, at), query: target.slice(at + 1) };
}

/** The target as an answer may repeat it: secrets replaced, and cut when very long. */
export function shownTarget(target: string): string {
  const relative = ABSOLUTE.test(target) ? target.replace(ABSOLUTE, "") : target;
  const { path, query } = splitTarget(relative);
  const shown = query === "" ? path : `${path}?${query.split("&").map(redact).join("&")}`;
  return shown.length > SHOWN_LENGTH_MAX ? `${shown.slice(0, SHOWN_LENGTH_MAX)}…` : shown;
}

function redact(pair: string): string {
  const at = pair.indexOf("=");
  if (at === -1) return pair;
  return SECRET_NAMES.has(decodeName(pair.slice(0, at))) ? `${pair.slice(0, at)}=REDACTED` : pair;
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name).toLowerCase();
  } catch {
    return name.toLowerCase();
  }
}
