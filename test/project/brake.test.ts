import { describe, expect, it } from "vitest";
import {
  AttemptBrake,
  CALLER_COUNT_MAX,
  FAILURE_COUNT_MAX,
  FAILURE_WINDOW_MS,
  FIRST_WAIT_MS,
  WAIT_MS_MAX,
} from "../../src/project/brake.ts";
import { errorOf, manualClock } from "./support.ts";

function failTimes(brake: AttemptBrake, count: number, username = "ada"): void {
  for (let index = 0; index < count; index += 1) brake.fail("10.0.0.1", username);
}

describe("the brake", () => {
  it("lets mistakes pass, then makes the caller wait", async () => {
    const clock = manualClock();
    const brake = new AttemptBrake(clock);
    failTimes(brake, FAILURE_COUNT_MAX - 1);
    brake.check("10.0.0.1", "ada");
    failTimes(brake, 1);
    clock.forward(500);
    const error = await errorOf(() => brake.check("10.0.0.1", "ada"));
    expect(error).toMatchObject({
      code: "access.too_many_attempts",
      kind: "limited",
      headers: { "Retry-After": "10" },
    });
    clock.forward(FIRST_WAIT_MS - 500);
    brake.check("10.0.0.1", "ada");
  });

  it("doubles the wait with each failure, up to a limit", async () => {
    const clock = manualClock();
    const brake = new AttemptBrake(clock);
    failTimes(brake, FAILURE_COUNT_MAX - 1);
    const waits: unknown[] = [];
    for (let index = 0; index < 7; index += 1) {
      failTimes(brake, 1);
      const error = await errorOf(() => brake.check("10.0.0.1", "ada"));
      const seconds = Number(
        "headers" in error && (error.headers as Record<string, string>)["Retry-After"],
      );
      waits.push(seconds);
      clock.forward(seconds * 1000);
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, WAIT_MS_MAX / 1000, WAIT_MS_MAX / 1000]);
  });

  it("counts failures of a window only", () => {
    const clock = manualClock();
    const brake = new AttemptBrake(clock);
    failTimes(brake, FAILURE_COUNT_MAX - 1);
    clock.forward(FAILURE_WINDOW_MS);
    failTimes(brake, FAILURE_COUNT_MAX - 1);
    brake.check("10.0.0.1", "ada");
  });

  it("keeps others going: another name, another address", () => {
    const brake = new AttemptBrake(manualClock());
    failTimes(brake, FAILURE_COUNT_MAX);
    brake.check("10.0.0.1", "bob");
    brake.check("10.0.0.2", "ada");
    expect(() => brake.check("10.0.0.1", "ada")).toThrow("Too many failed attempts");
  });

  it("forgets the failures of who succeeds", () => {
    const brake = new AttemptBrake(manualClock());
    failTimes(brake, FAILURE_COUNT_MAX - 1);
    brake.succeed("10.0.0.1", "ada");
    failTimes(brake, FAILURE_COUNT_MAX - 1);
    brake.check("10.0.0.1", "ada");
  });

  it("remembers a bounded number of callers, the latest", () => {
    const brake = new AttemptBrake(manualClock());
    failTimes(brake, FAILURE_COUNT_MAX, "early");
    failTimes(brake, FAILURE_COUNT_MAX, "late");
    for (let index = 0; index < CALLER_COUNT_MAX - 1; index += 1)
      brake.fail("10.0.0.9", String(index));
    brake.check("10.0.0.1", "early");
    expect(() => brake.check("10.0.0.1", "late")).toThrow("Too many failed attempts");
  });
});
