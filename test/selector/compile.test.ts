import { describe, expect, it } from "vitest";
import { compile, type Selector, selects } from "../../src/selector/selector.ts";
import { CONTEXT, errorOf, subjectOf } from "../support/selector.ts";

describe("compile", () => {
  it.each(["", " ", "\t\n\u00a0"])("has no selector for the blank %j", (source) => {
    expect(compile(source)).toBeUndefined();
  });

  it("gives the same object for the same text in the same scope", () => {
    const source = 'behaviors["a"] > 0';
    const scope = { behaviors: new Set(["a"]), event: false };
    expect(compile(source, scope)).toBe(compile(source, { ...scope, behaviors: new Set(["a"]) }));
    expect(compile(source, { ...scope, behaviors: new Set(["b", "a"]) })).toBe(
      compile(source, { ...scope, behaviors: new Set(["a", "b"]) }),
    );
    expect(compile("1 == 1")).toBe(compile("1 == 1"));
  });

  it("does not take a selector from another scope", () => {
    const event = { behaviors: new Set<string>(), event: true };
    expect(compile('event["a"] == 1', event)).toBeDefined();
    expect(errorOf('event["a"] == 1').code).toBe("selector.not_available_here");
    expect(
      compile('behaviors["x"] > 0', { behaviors: new Set(["x"]), event: false }),
    ).toBeDefined();
    expect(errorOf('behaviors["x"] > 0').code).toBe("selector.unknown_behavior");
  });

  it("refuses the same text every time", () => {
    expect(errorOf("1 ==").code).toBe("selector.unexpected_token");
    expect(errorOf("1 ==").source).toBe("1 ==");
  });
});

describe("selects", () => {
  it.each([
    ["true", true],
    ["false", false],
    ["undefined", false],
    ["null", false],
    ["1", false],
    ['"true"', false],
    ["[true]", false],
    ['properties["yes"]', true],
  ])("by %s is %s", (source, answer) => {
    expect(selects(compile(source) as Selector, subjectOf({ yes: true }), CONTEXT)).toBe(answer);
  });
});
