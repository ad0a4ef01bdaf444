import { setTimeout } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { watchEventLoop } from "../../src/http/event-loop.ts";
import { startTestServer } from "../support/server.ts";

/** Keeps the thread busy. */
function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe("a watch over the event loop", () => {
  let end: () => void = () => undefined;
  afterEach(() => end());

  it("tells how long a step of work held it up", async () => {
    const delays: number[] = [];
    end = watchEventLoop((seconds) => delays.push(seconds));
    await setTimeout(30);
    work(60);
    await setTimeout(30);
    expect(Math.max(...delays)).toBeGreaterThan(0.05);
    expect(Math.min(...delays)).toBeLessThan(0.02);
  });

  it("tells nothing once it has ended", async () => {
    let count = 0;
    end = watchEventLoop(() => count++);
    await setTimeout(30);
    end();
    const before = count;
    await setTimeout(30);
    expect(before).toBeGreaterThan(0);
    expect(count).toBe(before);
  });
});

it("is a histogram of the metrics, which counts what was too long", async () => {
  const server = await startTestServer();
  try {
    const countOf = async (le: string): Promise<number> => {
      const { text } = await server.send({ url: "/metrics" });
      const name = `whom_event_loop_delay_seconds_bucket{le="${le}"}`;
      return Number(
        text
          .split("\n")
          .find((line) => line.startsWith(name))
          ?.slice(name.length),
      );
    };
    await setTimeout(20);
    const longBefore = (await countOf("+Inf")) - (await countOf("0.05"));
    work(100);
    await setTimeout(20);
    const longAfter = (await countOf("+Inf")) - (await countOf("0.05"));
    expect(longAfter).toBeGreaterThan(longBefore);
  } finally {
    await server.stop();
  }
});
