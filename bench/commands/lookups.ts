/**
 * Look-ups by distinct id at a fixed rate.
 *
 * @module
 */
import { againOf, type Bench, type Measured, sizeOf, withData } from "../bench.ts";
import { describeSize } from "../data/folder.ts";
import { EventLoopWatch } from "../event-loop.ts";
import type { LookJob, LookResult } from "../load/looker.ts";
import { Load } from "../load/process.ts";
import { greatest, median, quantile } from "../measure.ts";
import { profileQuestions } from "../questions/profiles.ts";
import { warmUp } from "../whom.ts";

/** Goal 8. */
const P99_MS_MAX = 5;

const USUAL_SECONDS = 60;
const USUAL_CONNECTIONS = 64;

/** `lookups` */
export async function lookups(bench: Bench): Promise<Measured> {
  const { rate, seconds = USUAL_SECONDS, connections = USUAL_CONNECTIONS } = bench.flags;
  const size = sizeOf(bench.flags);
  return withData(bench, size, async (data) => {
    const server = await data.start();
    try {
      await warmUp(server, data.credentials.project_id, profileQuestions(size));
      bench.print(`${rate} look-ups a second for ${seconds} s`);
      const looker = await Load.start<LookJob, LookResult>("looker.ts");
      const loop = await EventLoopWatch.start(server);
      const { url, authorization } = server;
      const projectId = data.credentials.project_id;
      const { profiles } = size;
      const job: LookJob = { url, authorization, projectId, profiles, rate, seconds, connections };
      const result = await looker.run(job);
      const latenciesMs = [...result.latenciesMs];
      const p99 = quantile(latenciesMs, 0.99);
      const line = {
        command: "lookups",
        data: describeSize(size),
        name: `${rate.toLocaleString("en-US")} a second for ${seconds} s`,
        ratios: {},
        figures: {
          "p50, ms": median(latenciesMs),
          "p95, ms": quantile(latenciesMs, 0.95),
          "p99, ms": p99,
          "max, ms": greatest(latenciesMs),
          errors: result.errors,
          "answered/s": latenciesMs.length / result.seconds,
          "sent late p99, ms": quantile([...result.lateMs], 0.99),
          "client, cores": result.cpuSeconds / result.seconds,
          ...(await loop.end()),
        },
        goals: [
          {
            number: 8,
            says: `p99 ≤ ${P99_MS_MAX} ms`,
            isMet: p99 <= P99_MS_MAX && result.errors === 0,
          },
        ],
        again: againOf("lookups", size, `--rate ${rate}`, `--seconds ${seconds}`),
      };
      return { lines: [line] };
    } finally {
      await server.stop();
    }
  });
}
