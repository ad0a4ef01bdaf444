import { expect, it } from "vitest";
import { countingWriter } from "../../src/http/counting-writer.ts";
import { createMetrics } from "../../src/http/metrics.ts";
import { event, events } from "../support/events.ts";
import { set, USERS } from "../support/updates.ts";

it("counts what became durable: updates, those refused, and events", async () => {
  const metrics = createMetrics({
    openSessionCount: () => 0,
    sessionBytes: () => 0,
    waitingUpdateCount: () => 0,
  });
  const rejection = { batch: 0, index: 1, message: "too large" };
  const writer = countingWriter({ write: async () => [rejection] }, metrics);
  const written = [
    { scope: USERS, updates: [set("ada", {}), set("bob", {}), set("cyd", {})] },
    events([event("e", "ada"), event("f", "ada")]),
  ];
  expect(await writer.write(written)).toEqual([rejection]);
  const text = await metrics.registry.metrics();
  expect(text).toContain("whom_profile_updates_total 2");
  expect(text).toContain("whom_profile_updates_rejected_total 1");
  expect(text).toContain("whom_events_total 2");
});

it("counts nothing that was not written", async () => {
  const metrics = createMetrics({
    openSessionCount: () => 0,
    sessionBytes: () => 0,
    waitingUpdateCount: () => 0,
  });
  const write = async () => Promise.reject(new Error("full"));
  const writer = countingWriter({ write }, metrics);
  await expect(writer.write([events([event("e", "ada")])])).rejects.toThrow("full");
  expect(await metrics.registry.metrics()).toContain("whom_events_total 0");
});
