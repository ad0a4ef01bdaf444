/**
 * A JSON list of behaviors, as the `behaviors` parameter has it, to behaviors by name.
 *
 * Members that mean nothing here are ignored. Of two behaviors with one name the last one counts.
 *
 * @module
 */
import { fail } from "../errors/error.ts";
import { compile, EVENT_SCOPE } from "../selector/selector.ts";
import { showJson } from "../values/shown.ts";
import type { BehaviorDefinition, EventTest, Window } from "./behavior.ts";
import { BEHAVIOR_COUNT_MAX, EVENT_SELECTOR_COUNT_MAX } from "./limits.ts";
import { ALL_TIME, isDay, parseLength } from "./window.ts";

/** Names that stand for an event of any name. */
const ANY_EVENT: ReadonlySet<string> = new Set(["$all_events", "$mp_anything_event", "$any_event"]);

/** Names of events that somebody defined in the web application begin so. */
export const CUSTOM_EVENT_PREFIX = "$custom_event:";

const WINDOW = "a length of time such as 30d, 12h or 6w";
const FOUND_LENGTH_MAX = 60;

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads a list of behaviors.
 *
 * @throws `query.invalid_json` for what is no list, `query.invalid_parameter` with the place of what is wrong,
 * `selector.*` for the selector of an event
 */
export function readBehaviors(json: unknown): ReadonlyMap<string, BehaviorDefinition> {
  if (!Array.isArray(json)) throw fail("query.invalid_json", { parameter: "behaviors" });
  if (json.length > BEHAVIOR_COUNT_MAX) {
    throw invalid("behaviors", `at most ${BEHAVIOR_COUNT_MAX} behaviors`, json.length);
  }
  const behaviors = new Map<string, BehaviorDefinition>();
  for (const [index, entry] of json.entries()) {
    const place = `behaviors[${index}]`;
    const members = readObject(entry, place);
    const name = readText(members, "name", place);
    const definition: BehaviorDefinition = {
      tests: readTests(members, place),
      window: readWindow(members, place),
      measure: { kind: "count" },
    };
    // As a selector reads it, which names it.
    behaviors.set(name.toWellFormed(), definition);
  }
  return behaviors;
}

/** The name that an event has, exactly; undefined when it stands for every event. */
export function eventNameOf(name: string): string | undefined {
  return ANY_EVENT.has(name) ? undefined : name.toWellFormed();
}

function readTests(behavior: Members, place: string): readonly EventTest[] {
  const path = `${place}.event_selectors`;
  const list = own(behavior, "event_selectors");
  if (!Array.isArray(list) || list.length === 0)
    throw invalid(path, "a list of at least one", list);
  if (list.length > EVENT_SELECTOR_COUNT_MAX) {
    throw invalid(path, `at most ${EVENT_SELECTOR_COUNT_MAX} event selectors`, list.length);
  }
  return list.map((entry: unknown, index) => readTest(entry, `${path}[${index}]`));
}

function readTest(json: unknown, place: string): EventTest {
  const members = readObject(json, place);
  const name = readText(members, "event", place);
  if (name.startsWith(CUSTOM_EVENT_PREFIX)) {
    throw invalid(`${place}.event`, "the name of an event", name);
  }
  const selector = own(members, "selector") ?? "";
  if (typeof selector !== "string") throw invalid(`${place}.selector`, "a selector", selector);
  return { event: eventNameOf(name), selector: compile(selector, EVENT_SCOPE) };
}

function readWindow(behavior: Members, place: string): Window {
  const length = own(behavior, "window");
  if (length !== undefined && length !== null && length !== "") {
    const isText = typeof length === "string" || typeof length === "number";
    const seconds = isText ? parseLength(String(length)) : undefined;
    if (seconds === undefined) throw invalid(`${place}.window`, WINDOW, length);
    return { kind: "last", seconds };
  }
  const from = readDay(behavior, "from_date", place);
  const to = readDay(behavior, "to_date", place);
  return from === undefined && to === undefined ? ALL_TIME : { kind: "days", from, to };
}

function readDay(members: Members, key: string, place: string): string | undefined {
  const day = own(members, key);
  if (day === undefined || day === null || day === "") return undefined;
  if (typeof day === "string" && isDay(day)) return day;
  throw invalid(`${place}.${key}`, "a day as YYYY-MM-DD", day);
}

function readObject(json: unknown, place: string): Members {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Members;
  throw invalid(place, "an object", json);
}

function readText(members: Members, key: string, place: string): string {
  const text = own(members, key);
  if (typeof text === "string" && text !== "") return text;
  throw invalid(`${place}.${key}`, "a text", text);
}

/** A member, but nothing that an object has by being one. */
function own(members: Members, key: string): unknown {
  return Object.hasOwn(members, key) ? members[key] : undefined;
}

function invalid(parameter: string, expected: string, value: unknown): Error {
  const found = showJson(value, FOUND_LENGTH_MAX);
  return fail("query.invalid_parameter", { parameter, expected, found });
}
