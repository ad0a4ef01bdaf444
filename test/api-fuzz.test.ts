import { afterEach, describe, expect, it } from "vitest";
import { faultsOf } from "./support/api-fuzz/check.ts";
import { fuzz, requestAt } from "./support/api-fuzz/fuzz.ts";
import { type FuzzServer, startFuzzServer } from "./support/api-fuzz/target.ts";

/** `npm run api-fuzz -- --requests 100000` is the long form. */
const REQUEST_COUNT = 2_500;
const SEED = 1;

let running: FuzzServer | undefined;

afterEach(async () => {
  await running?.server.stop();
  running = undefined;
});

describe("requests made from the OpenAPI document", () => {
  it("are all answered, as the document says", { timeout: 120_000 }, async () => {
    running = await startFuzzServer();
    const { target, send } = running;
    const report = await fuzz({ seed: SEED, from: 0, count: REQUEST_COUNT }, target, send);
    expect(report.faults).toEqual([]);
    expect(report.statuses.get(200)).toBeGreaterThan(REQUEST_COUNT / 10);
    expect(report.statuses.get(400)).toBeGreaterThan(REQUEST_COUNT / 10);
    for (const status of [401, 403, 404, 405]) expect(report.statuses.has(status)).toBe(true);
  });
});

describe("the check itself", () => {
  const right = { status: 200, headers: { "x-request-id": "a" }, text: "", elapsedMs: 1 };

  it("finds failures of the server, endless answers, and answers of another shape", async () => {
    running = await startFuzzServer();
    const request = {
      ...requestAt(SEED, 0, running.target),
      method: "GET",
      template: "/api/app/me",
    };
    const json = { ...right.headers, "content-type": "application/json" };
    expect(faultsOf(request, right)).toEqual([]);
    expect(faultsOf(request, { ...right, status: 500, text: "{}" })).toHaveLength(1);
    expect(faultsOf(request, { ...right, elapsedMs: 60_000 })).toHaveLength(1);
    expect(faultsOf(request, { ...right, headers: {} })).toHaveLength(1);
    expect(faultsOf(request, { ...right, headers: json, text: '{"status":"ok"}' })).toHaveLength(1);
    expect(faultsOf(request, { ...right, status: 400 })).toHaveLength(1);
    const unknown = { ...right, status: 400, headers: json, text: '{"code":"no.such_code"}' };
    expect(faultsOf(request, unknown)).toHaveLength(1);
  });
});
