/**
 * The site a URL belongs to: `google` and `google.co.uk` of `https://www.google.co.uk/search`.
 *
 * @module
 */

const AUTHORITY = /^(?:([a-z][a-z0-9+.-]*:)?(\/\/))?(?:[^/?#@\s]*@)?([^/?#:@\s]+)/i;
const HOST = /^[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*$/u;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** Labels that countries put before their own under which names are registered: `co.uk`, `com.br`. */
const SECOND_LEVEL: ReadonlySet<string> = new Set(
  "ac co com edu go gob gouv gov gv id ltd me mil ne net nhs nom or org plc police sch".split(" "),
);

/** The name of a site. */
export interface Site {
  /** The name alone: `google`. */
  readonly name: string;
  /** The name with the suffix it is registered under: `google.co.uk`. */
  readonly fullName: string;
}

/** The host of a URL in lower case; the scheme may be missing if the host has a dot. */
export function hostOf(url: string): string | undefined {
  const match = AUTHORITY.exec(url);
  const host = match?.[3]?.toLowerCase().replace(/\.$/, "");
  if (host === undefined || !HOST.test(host)) return undefined;
  return match?.[2] !== undefined || host.includes(".") ? host : undefined;
}

/** The site of a host; an address in numbers, or a host without a dot, is its own. */
export function siteOf(host: string): Site {
  const labels = host.split(".");
  if (labels.length === 1 || IPV4.test(host)) return { name: host, fullName: host };
  const country = labels.at(-1) ?? "";
  const isSecondLevel =
    labels.length > 2 && country.length === 2 && SECOND_LEVEL.has(labels.at(-2) ?? "");
  const registered = labels.slice(isSecondLevel ? -3 : -2);
  return { name: registered[0] ?? host, fullName: registered.join(".") };
}
