import { describe, expect, it } from "vitest";
import { Retrievals } from "../../src/http/app/retrievals.ts";
import { testClock } from "../support/clock.ts";

const DAY_MS = 86_400_000;

describe("retrievals", () => {
  it("are held for a day", () => {
    const clock = testClock(0);
    const retrievals = new Retrievals(clock);
    const { taskId } = retrievals.add(1, ["ada"]);
    clock.nowMs = DAY_MS - 1;
    expect(retrievals.byId(1, taskId)?.distinctIds).toEqual(["ada"]);
    expect(retrievals.byId(2, taskId)).toBeUndefined();
    clock.nowMs = DAY_MS;
    expect(retrievals.byId(1, taskId)).toBeUndefined();
  });

  it("are a thousand at most: the oldest go", () => {
    const retrievals = new Retrievals(testClock(0));
    const ids = Array.from({ length: 1001 }, () => retrievals.add(1, ["ada"]).taskId);
    const held = ids.filter((taskId) => retrievals.byId(1, taskId) !== undefined);
    expect(held).toEqual(ids.slice(1));
  });

  it("forget ids in one project only", () => {
    const retrievals = new Retrievals(testClock(0));
    const tasks = [1, 2].map((projectId) => retrievals.add(projectId, ["ada", "bob"]).taskId);
    retrievals.forget(1, ["ada"]);
    expect(retrievals.byId(1, tasks[0] ?? "")?.distinctIds).toEqual(["bob"]);
    expect(retrievals.byId(2, tasks[1] ?? "")?.distinctIds).toEqual(["ada", "bob"]);
  });
});
