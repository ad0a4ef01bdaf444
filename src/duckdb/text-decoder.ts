/**
 * Texts from the engine exactly as they are stored.
 *
 * The client of the engine reads texts with a decoder that takes U+FEFF at their start for a byte order mark and leaves it
 * out: a distinct id that begins so would come back as another one.
 *
 * @module
 */
import { createRequire } from "node:module";
import { TextDecoder } from "node:util";

/** The part of the client that reads texts. */
interface Accessors {
  textDecoder: TextDecoder;
}

/** Gives the client of the engine a decoder that leaves nothing out. */
export function readTextsWhole(): void {
  const require = createRequire(import.meta.url);
  const accessors = require("@duckdb/node-api/lib/vectors/dataAccessors.js") as Accessors;
  if (!accessors.textDecoder.ignoreBOM) {
    accessors.textDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
  }
}
