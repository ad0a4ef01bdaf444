import { describe, expect, it } from "vitest";
import type { LimitError } from "../../src/project/limit.ts";
import type { Project, ProjectQuota } from "../../src/project/project.ts";
import { type Admission, QuotaGuard, quotaHeaders } from "../../src/project/quota.ts";
import { codeOfFailure, errorOf, manualClock } from "./support.ts";

const HOUR_MS = 3_600_000;

function makeProject(quota: Partial<ProjectQuota>, id = 12345): Project {
  return {
    id,
    name: "A",
    token: "t",
    apiSecret: "s",
    timeZone: "UTC",
    workspaces: [],
    quota: { queriesPerHourMax: undefined, queriesAtOnceMax: undefined, ...quota },
    identity: "simplified",
    createdAtMs: 0,
  };
}

function query(guard: QuotaGuard, project: Project, count = 1): void {
  for (let index = 0; index < count; index += 1) guard.admit(project).release({ counted: true });
}

function begin(guard: QuotaGuard, project: Project, count: number): Admission[] {
  return Array.from({ length: count }, () => guard.admit(project));
}

describe("the hour", () => {
  it("refuses with the documented text and headers", async () => {
    const guard = new QuotaGuard(manualClock());
    const project = makeProject({ queriesPerHourMax: 60, queriesAtOnceMax: 5 });
    query(guard, project, 58);
    begin(guard, project, 2);
    const error = (await errorOf(() => guard.admit(project))) as LimitError;
    expect(error.code).toBe("access.quota_exceeded");
    expect(error.kind).toBe("limited");
    expect(error.message).toBe(
      "Query rate limit exceeded for project_id: 12345. This request exceeded the rate limit (61/60 queries running in the last hour). For more information, please consult our documentation at docs/access.md#quotas",
    );
    expect(error.headers).toEqual({
      "RateLimit-Policy":
        '"project";q=60;w=3600, "project-concurrency";q=5;qu="concurrent-requests"',
      RateLimit: '"project";r=0;t=3600, "project-concurrency";r=3',
      "Retry-After": "3600",
    });
  });

  it("rolls: each query counts for an hour", async () => {
    const clock = manualClock();
    const guard = new QuotaGuard(clock);
    const project = makeProject({ queriesPerHourMax: 2 });
    query(guard, project);
    clock.forward(600_500);
    query(guard, project);
    clock.forward(HOUR_MS - 600_500 - 1000);
    const error = (await errorOf(() => guard.admit(project))) as LimitError;
    expect(error.headers["Retry-After"]).toBe("1");
    clock.forward(1000);
    query(guard, project);
    const again = (await errorOf(() => guard.admit(project))) as LimitError;
    expect(again.headers["Retry-After"]).toBe("600");
  });

  it("does not count refusals, nor answers said not to count", async () => {
    const guard = new QuotaGuard(manualClock());
    const project = makeProject({ queriesPerHourMax: 1 });
    for (let index = 0; index < 5; index += 1) guard.admit(project).release({ counted: false });
    query(guard, project);
    for (let index = 0; index < 3; index += 1) {
      const error = await errorOf(() => guard.admit(project));
      expect(error.message).toContain("(2/1 queries");
    }
  });

  it("counts a query while it runs, and uncounts it where it began", async () => {
    const clock = manualClock();
    const guard = new QuotaGuard(clock);
    const project = makeProject({ queriesPerHourMax: 1 });
    const admission = guard.admit(project);
    clock.forward(5000);
    expect(await codeOfFailure(() => guard.admit(project))).toBe("access.quota_exceeded");
    admission.release({ counted: false });
    query(guard, project);
    expect(guard.status(project).hourCount).toBe(1);
  });

  it("forgets a query that ran for more than an hour once", () => {
    const clock = manualClock();
    const guard = new QuotaGuard(clock);
    const project = makeProject({ queriesPerHourMax: 5 });
    const admission = guard.admit(project);
    clock.forward(HOUR_MS);
    expect(guard.status(project)).toMatchObject({ hourCount: 0, runningCount: 1 });
    admission.release({ counted: false });
    expect(guard.status(project)).toMatchObject({ hourCount: 0, runningCount: 0 });
  });

  it("survives a clock that is set back", () => {
    const clock = manualClock();
    const guard = new QuotaGuard(clock);
    const project = makeProject({ queriesPerHourMax: 1 });
    const admission = guard.admit(project);
    clock.forward(-24 * HOUR_MS);
    query(guard, project);
    admission.release({ counted: false });
    expect(guard.status(project)).toMatchObject({
      hourCount: 1,
      runningCount: 0,
      resetSeconds: 3600,
    });
  });

  it("is each project's own", async () => {
    const guard = new QuotaGuard(manualClock());
    const [first, second] = [
      makeProject({ queriesPerHourMax: 1 }, 1),
      makeProject({ queriesPerHourMax: 1 }, 2),
    ];
    query(guard, first);
    query(guard, second);
    expect(await codeOfFailure(() => guard.admit(first))).toBe("access.quota_exceeded");
  });
});

describe("queries at once", () => {
  it("refuses with the documented text and headers", async () => {
    const guard = new QuotaGuard(manualClock());
    const project = makeProject({ queriesPerHourMax: 60, queriesAtOnceMax: 5 });
    query(guard, project, 43);
    const running = begin(guard, project, 5);
    const error = (await errorOf(() => guard.admit(project))) as LimitError;
    expect(error.message).toBe(
      "Query rate limit exceeded for project_id: 12345. This request exceeded the concurrency limit (6/5 queries running concurrently).",
    );
    expect(error.headers).toEqual({
      "RateLimit-Policy":
        '"project";q=60;w=3600, "project-concurrency";q=5;qu="concurrent-requests"',
      RateLimit: '"project";r=12, "project-concurrency";r=0;t=10',
      "Retry-After": "10",
    });
    running[0]?.release({ counted: true });
    query(guard, project);
  });

  it("gives a place back once, however often it is released", async () => {
    const guard = new QuotaGuard(manualClock());
    const project = makeProject({ queriesAtOnceMax: 2 });
    const [first] = begin(guard, project, 2);
    first?.release({ counted: true });
    first?.release({ counted: true });
    begin(guard, project, 1);
    expect(await codeOfFailure(() => guard.admit(project))).toBe("access.concurrency_exceeded");
  });
});

describe("a project without a quota", () => {
  it("is never refused and has no headers", () => {
    const guard = new QuotaGuard(manualClock());
    const project = makeProject({});
    begin(guard, project, 1000);
    expect(guard.status(project)).toMatchObject({ hourCount: 0, runningCount: 0 });
    expect(quotaHeaders(guard.status(project))).toEqual({});
  });

  it("starts afresh when it gets one", () => {
    const guard = new QuotaGuard(manualClock());
    const [before] = begin(guard, makeProject({ queriesAtOnceMax: 1 }), 1);
    begin(guard, makeProject({}), 1);
    before?.release({ counted: true });
    begin(guard, makeProject({ queriesAtOnceMax: 1 }), 1);
    expect(guard.status(makeProject({ queriesAtOnceMax: 1 })).runningCount).toBe(1);
  });
});

it.each([
  [
    "an hour alone",
    { queriesPerHourMax: 60 },
    { "RateLimit-Policy": '"project";q=60;w=3600', RateLimit: '"project";r=59' },
  ],
  [
    "concurrency alone",
    { queriesAtOnceMax: 5 },
    {
      "RateLimit-Policy": '"project-concurrency";q=5;qu="concurrent-requests"',
      RateLimit: '"project-concurrency";r=4',
    },
  ],
])("tells of %s without a refusal, and without Retry-After", (_title, quota, expected) => {
  const guard = new QuotaGuard(manualClock());
  const project = makeProject(quota);
  guard.admit(project);
  expect(quotaHeaders(guard.status(project))).toEqual(expected);
});

it("keeps little for many queries", () => {
  const clock = manualClock();
  const guard = new QuotaGuard(clock);
  const project = makeProject({ queriesPerHourMax: 1_000_000 });
  for (let index = 0; index < 20_000; index += 1) {
    query(guard, project);
    clock.forward(500);
  }
  expect(guard.status(project).hourCount).toBe(7198);
});
