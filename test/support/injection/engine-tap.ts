/**
 * Everything that is said to the engine in words, seen on its way.
 *
 * The functions of the engine's native module are wrapped before anybody loads them, so that no road leads around. It must therefore be
 * imported before anything that imports the engine.
 *
 * @module
 */
import { createRequire } from "node:module";

/** A text that reached the engine as something else than a value. */
export interface Told {
  /** The native function. */
  readonly through: string;
  readonly text: string;
}

/** Texts go to these as values: what is bound to a parameter, or appended to a column. */
const VALUE_FUNCTIONS: ReadonlySet<string> = new Set([
  "bind_varchar",
  "create_varchar",
  "append_varchar",
  "vector_assign_string_element",
]);

type Native = Record<string, unknown>;

const require = createRequire(import.meta.url);
const listeners = new Set<(told: Told) => void>();
const isInTime = install();

/** Hands on what is told to the engine until the function it gives is called. @throws when the engine was loaded before */
export function listenToEngine(listener: (told: Told) => void): () => void {
  if (!isInTime) throw new Error("the engine was loaded before its tap");
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function install(): boolean {
  const api = require.resolve("@duckdb/node-api");
  if (require.cache[api]?.loaded === true) return false;
  const path = require.resolve("@duckdb/node-bindings");
  const native = require(path) as Native;
  const module = require.cache[path];
  if (module === undefined) return false;
  const wrapped: Native = {};
  for (const name of Object.getOwnPropertyNames(native)) wrapped[name] = wrap(name, native[name]);
  module.exports = wrapped;
  return true;
}

function wrap(name: string, value: unknown): unknown {
  if (typeof value !== "function" || VALUE_FUNCTIONS.has(name)) return value;
  return (...values: unknown[]): unknown => {
    for (const text of values) {
      if (typeof text !== "string") continue;
      for (const listener of listeners) listener({ through: name, text });
    }
    return Reflect.apply(value, undefined, values);
  };
}
