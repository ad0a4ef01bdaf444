import { describe, expect, it } from "vitest";
import { WhomError } from "../../src/errors/error.ts";
import { BEHAVIOR_COUNT_MAX, EVENT_SELECTOR_COUNT_MAX } from "../../src/event/limits.ts";
import { readBehaviors } from "../../src/event/read-behaviors.ts";
import { print } from "../../src/selector/selector.ts";

const EVENTS = [{ event: "Purchase" }];

function failureOf(json: unknown): WhomError {
  try {
    readBehaviors(json);
  } catch (error) {
    if (error instanceof WhomError) return error;
    throw error;
  }
  throw new Error("nothing is wrong");
}

describe("a list of behaviors", () => {
  it("is read as the web application generates it", () => {
    const behaviors = readBehaviors([
      {
        window: "90d",
        name: "behavior_79",
        event_selectors: [
          { event: "Edit Colors", selector: '("mobile" in event["User Agent"])' },
          { event: "$all_events", selector: null },
        ],
      },
    ]);
    const behavior = behaviors.get("behavior_79");
    expect(behavior?.window).toEqual({ kind: "last", seconds: 90 * 86_400 });
    expect(behavior?.measure).toEqual({ kind: "count" });
    expect(
      behavior?.tests.map(({ event, selector }) => [event, selector && print(selector.expression)]),
    ).toEqual([
      ["Edit Colors", '"mobile" in event["User Agent"]'],
      [undefined, undefined],
    ]);
  });

  it("has windows of several forms; without one it is all time", () => {
    const windowOf = (members: object) =>
      readBehaviors([{ name: "b", event_selectors: EVENTS, ...members }]).get("b")?.window;
    expect(windowOf({ window: 30 })).toEqual({ kind: "last", seconds: 30 * 86_400 });
    expect(windowOf({ from_date: "2024-01-01", to_date: "2024-01-31" })).toEqual({
      kind: "days",
      from: "2024-01-01",
      to: "2024-01-31",
    });
    expect(windowOf({ from_date: "2024-01-01" })).toEqual({
      kind: "days",
      from: "2024-01-01",
      to: undefined,
    });
    expect(windowOf({})).toEqual({ kind: "days", from: undefined, to: undefined });
    expect(windowOf({ window: "1d", from_date: "2024-01-01" })).toEqual({
      kind: "last",
      seconds: 86_400,
    });
  });

  it("may have hostile names, and members nobody knows", () => {
    const json: unknown = JSON.parse(
      '[{"name":"__proto__","event_selectors":[{"event":"constructor","x":1}],"__proto__":{"window":"x"}}]',
    );
    expect([...readBehaviors(json).keys()]).toEqual(["__proto__"]);
  });

  it("keeps the last of two with one name", () => {
    const behaviors = readBehaviors([
      { name: "b", event_selectors: EVENTS, window: "1d" },
      { name: "b", event_selectors: EVENTS, window: "2d" },
    ]);
    expect([...behaviors.values()].map(({ window }) => window)).toEqual([
      { kind: "last", seconds: 2 * 86_400 },
    ]);
  });

  it.each([
    ["an object", {}],
    ["a text", "[]"],
    ["null", null],
    ["a number", 3],
  ])("is not %s", (_name, json) => {
    expect(failureOf(json).message).toBe("Invalid JSON Format: behaviors");
  });

  it.each([
    [[7], "Invalid parameter behaviors[0]: expected an object, found 7"],
    [
      [{ event_selectors: EVENTS }],
      "Invalid parameter behaviors[0].name: expected a text, found nothing",
    ],
    [
      [{ name: "a", event_selectors: EVENTS }, { name: "b" }],
      "Invalid parameter behaviors[1].event_selectors: expected a list of at least one, found nothing",
    ],
    [
      [{ name: "b", event_selectors: [] }],
      "Invalid parameter behaviors[0].event_selectors: expected a list of at least one, found []",
    ],
    [
      [{ name: "b", event_selectors: [{}] }],
      "Invalid parameter behaviors[0].event_selectors[0].event: expected a text, found nothing",
    ],
    [
      [{ name: "b", event_selectors: [{ event: "$custom_event:7" }] }],
      'Invalid parameter behaviors[0].event_selectors[0].event: expected the name of an event, found "$custom_event:7"',
    ],
    [
      [{ name: "b", event_selectors: [{ event: "a", selector: {} }] }],
      "Invalid parameter behaviors[0].event_selectors[0].selector: expected a selector, found {}",
    ],
    [
      [{ name: "b", event_selectors: EVENTS, window: "soon" }],
      'Invalid parameter behaviors[0].window: expected a length of time such as 30d, 12h or 6w, found "soon"',
    ],
    [
      [{ name: "b", event_selectors: EVENTS, from_date: "2024-02-30" }],
      'Invalid parameter behaviors[0].from_date: expected a day as YYYY-MM-DD, found "2024-02-30"',
    ],
  ])("says where it is wrong: %j", (json, message) => {
    const error = failureOf(json);
    expect([error.code, error.message]).toEqual(["query.invalid_parameter", message]);
  });

  it("shows the place in the selector of an event", () => {
    const selector = 'event["a"] ==';
    const error = failureOf([{ name: "b", event_selectors: [{ event: "a", selector }] }]);
    expect(error).toMatchObject({ code: "selector.unexpected_token", source: selector });
  });

  it("does not let an event's selector read behaviors or cohorts", () => {
    for (const selector of ['behaviors["b"] > 0', "cohort(1)"]) {
      const error = failureOf([{ name: "b", event_selectors: [{ event: "a", selector }] }]);
      expect(error.code).toBe("selector.not_available_here");
    }
  });

  it("has a limit, and so have the event selectors of one", () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ name: `b${n}`, event_selectors: EVENTS }));
    expect(readBehaviors(many(BEHAVIOR_COUNT_MAX)).size).toBe(BEHAVIOR_COUNT_MAX);
    expect(failureOf(many(BEHAVIOR_COUNT_MAX + 1)).message).toContain("at most 100 behaviors");
    const withEvents = (length: number) => [
      { name: "b", event_selectors: Array.from({ length }, () => ({ event: "a" })) },
    ];
    expect(readBehaviors(withEvents(EVENT_SELECTOR_COUNT_MAX)).size).toBe(1);
    expect(failureOf(withEvents(EVENT_SELECTOR_COUNT_MAX + 1)).message).toContain("at most 100");
  });
});
