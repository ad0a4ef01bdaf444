/**
 * A query string or form body as named texts, whatever was sent.
 *
 * Nothing is refused: a stray `%` stays as it is and bytes that are no UTF-8 become U+FFFD, because clients
 * send unescaped selectors and base64. The last of several equal names wins.
 *
 * @module
 */

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });
const ESCAPES = /(?:%[0-9a-fA-F]{2})+/g;

/**
 * Reads `a=1&b=two+words&c=%41`, without a leading `?`.
 *
 * A name without `=` gets the empty text; an empty name is left out.
 */
export function parseForm(text: string): Map<string, string> {
  const members = new Map<string, string>();
  for (const pair of text.split("&")) {
    const at = pair.indexOf("=");
    const name = decodeFormText(at === -1 ? pair : pair.slice(0, at));
    if (name === "") continue;
    members.set(name, at === -1 ? "" : decodeFormText(pair.slice(at + 1)));
  }
  return members;
}

/** Undoes the escapes of one name or value: `+` is a space, `%XX` a byte of UTF-8. */
function decodeFormText(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  return spaced.replace(ESCAPES, (escapes) =>
    UTF8.decode(Buffer.from(escapes.replaceAll("%", ""), "hex")),
  );
}
