/**
 * One session of `chdb`: gets statements as messages, sends back what they answer and how long that took.
 *
 * @module
 */
import { createRequire } from "node:module";

/** What comes back for a statement. */
export type ChdbAnswer =
  | { readonly kind: "answered"; readonly text: string; readonly ms: number }
  | { readonly kind: "failed"; readonly message: string };

interface Session {
  query(statement: string, format: string): string;
}

const installed = createRequire(import.meta.url);
const { Session } = installed("chdb") as { readonly Session: new (folder: string) => Session };

const session = new Session(process.argv[2] ?? "");

process.on("message", (statement: string) => process.send?.(answer(statement)));

// The engine's threads keep the process alive.
process.once("disconnect", () => process.exit(0));

function answer(statement: string): ChdbAnswer {
  const startedAt = performance.now();
  try {
    const text = session.query(statement, "TSVRaw");
    return { kind: "answered", text, ms: performance.now() - startedAt };
  } catch (error) {
    return { kind: "failed", message: String(error) };
  }
}
