/**
 * A clock that tests move, data folders that go away, requests, and the code an action fails with.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Clock } from "../../src/clock.ts";
import { WhomError } from "../../src/errors/error.ts";
import type { AccessRequest } from "../../src/project/access.ts";

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  forward(ms: number): void;
}

export function manualClock(startMs: number = Date.UTC(2026, 0, 1)): ManualClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    forward: (ms) => {
      nowMs += ms;
    },
  };
}

/** The name of a folder that does not exist yet. */
export function temporaryFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), "whom-project-"));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, "data");
}

/** The error an action fails with. */
export async function errorOf(action: () => unknown): Promise<WhomError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof WhomError) return error;
    throw error;
  }
  throw new Error("nothing failed");
}

/** The code an action fails with. */
export async function codeOfFailure(action: () => unknown): Promise<string> {
  return (await errorOf(action)).code;
}

/** A request with a header and parameters. */
export function makeRequest(
  authorization: string | undefined,
  parameters: Record<string, unknown> = {},
  more: Partial<AccessRequest> = {},
): AccessRequest {
  const entries = new Map(Object.entries(parameters));
  return {
    authorization,
    parameters: entries,
    allParameters: entries,
    remoteAddress: "10.0.0.1",
    ...more,
  };
}
