import { describe, expect, it } from "vitest";
import { routedTarget, shownTarget } from "../../src/http/request-target.ts";

describe("routedTarget", () => {
  it.each([
    ["/engage", "/engage"],
    ["/engage?a=1", "/engage?a=1"],
    ["/engage#profile-set", "/engage"],
    ["/engage#profile-set?verbose=1", "/engage?verbose=1"],
    ["/engage%23profile-set?verbose=1", "/engage?verbose=1"],
    ["/engage/#profile-set", "/engage/"],
    ["/engage?verbose=1#profile-set", "/engage?verbose=1"],
    ["/engage?data=%23kept", "/engage?data=%23kept"],
    ["/engage?a=1?b=2", "/engage?a=1?b=2"],
    ["http://host:80/engage?a=1", "/engage?a=1"],
    ["https://user:secret@host", "/"],
    ["", "/"],
    ["*", "/*"],
  ])("routes %s as %s", (target, routed) => {
    expect(routedTarget(target)).toBe(routed);
  });
});

describe("shownTarget", () => {
  it.each([
    ["/api/query/engage?project_id=3046375", "/api/query/engage?project_id=3046375"],
    ["/a?api_key=k&sig=s&x=1&expire=2", "/a?api_key=REDACTED&sig=REDACTED&x=1&expire=2"],
    [
      "/a?TOKEN=t&to%6ben=t&password=&secret",
      "/a?TOKEN=REDACTED&to%6ben=REDACTED&password=REDACTED&secret",
    ],
    ["/a?%zz=1", "/a?%zz=1"],
    ["http://user:secret@host/a?b=1", "/a?b=1"],
  ])("shows %s as %s", (target, shown) => {
    expect(shownTarget(target)).toBe(shown);
  });

  it("cuts what is very long", () => {
    expect(shownTarget(`/a?${"x".repeat(100_000)}`).length).toBeLessThan(10_000);
  });
});
