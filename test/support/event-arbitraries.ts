/**
 * Random histories of a project: events, updates, static cohorts and erasures, in an order that matters.
 *
 * Ids, names and times are few, so that people meet, events are sent again and instants tie.
 *
 * @module
 */
import fc from "fast-check";
import type { Event } from "../../src/event/event.ts";
import type { IdentityMode } from "../../src/event/identity.ts";
import type { Scope } from "../../src/profile/profile.ts";
import type { Operation, ProfileUpdate } from "../../src/profile/update.ts";
import type { Batch } from "../../src/store/store.ts";
import type { Properties, Value } from "../../src/values/value.ts";
import { arbitraryValue } from "./value-arbitraries.ts";

/** 2024-11-01T00:00:00Z; in New York clocks go back two days later. */
export const START_SECONDS = 1_730_419_200;

/** How long most events take. */
const SPAN_SECONDS: number = 5 * 86_400;

/** The users and the companies of a history. */
export const USERS: Scope = { projectId: 1, groupKey: undefined };
export const COMPANIES: Scope = { projectId: 1, groupKey: "company" };

/** Static cohorts that a history fills. */
export const STATIC_COHORTS: readonly number[] = [1, 2];

const DEVICES: readonly string[] = ["$device:d1", "$device:d2", "$device:d3", "$device:D3"];

const UUIDS: readonly string[] = [
  "c1a2b3d4-0000-4000-8000-000000000001",
  "c1a2b3d4-0000-4000-8000-000000000002",
  "$device:c1a2b3d4-0000-4000-8000-000000000003",
];

/** Every distinct id of a history; `""` is nobody. */
export const IDS: readonly string[] = [
  "ada",
  "Ada",
  "bob",
  "cyd",
  "dee",
  "eve",
  "fay",
  "gus",
  "42",
  "7",
  "Ünit",
  "ünit",
  "\u{1f600}",
  "\uffff",
  "it's",
  "__proto__",
  "a\0b",
  "",
  ...DEVICES,
  ...UUIDS,
];

/** Every id of a group. */
export const GROUP_IDS: readonly string[] = ["acme", "Acme", "1", "0", "true", "42", "Ünit", "x"];

/** Names of events. */
export const EVENT_NAMES: readonly string[] = ["Buy", "buy", "View", "Ünit", "__proto__"];

/** Properties of events. */
export const EVENT_PROPERTIES: readonly string[] = [
  "amount",
  "page",
  "tags",
  "when",
  "cart",
  "company",
  "mixed",
  "__proto__",
  "it's",
];

/** Properties of profiles. */
export const PROFILE_PROPERTIES: readonly string[] = [
  "plan",
  "ltv",
  "tags",
  "seen",
  "cart",
  "$email",
  "mixed",
  "__proto__",
];

/** Texts that properties hold. */
export const TEXTS: readonly string[] = [
  "a",
  "A",
  "b",
  "home",
  "Home",
  "pro",
  "ß",
  "it's",
  "3",
  "",
];

/** Numbers that sums of are exact. */
export const AMOUNTS: readonly number[] = [0, 1, 2, 3, 5, 0.5, 2.5, -1, -0.5, 10];

/** What happens to a project at once. */
export type Step =
  | { readonly kind: "apply"; readonly batches: readonly Batch[] }
  | {
      readonly kind: "members";
      readonly scope: Scope;
      readonly cohortId: number;
      readonly distinctIds: readonly string[];
    }
  | { readonly kind: "erase"; readonly distinctIds: readonly string[] };

/** A project's history; questions come after each phase. */
export interface History {
  readonly identity: IdentityMode;
  readonly phases: readonly (readonly Step[])[];
}

const text = fc.constantFrom<Value>(...TEXTS);
const amount = fc.constantFrom<Value>(...AMOUNTS);
const tags = fc.array(fc.oneof(text, amount, fc.constantFrom<Value>(null, true)), { maxLength: 4 });
const item = fc.record({ sku: text, n: amount }, { requiredKeys: [] });
const date = fc.constantFrom<Value>(
  "2024-11-03",
  "2024-11-03T01:30:00",
  "2024-11-03T23:30:00-05:00",
  "2024-11-02T18:30:00Z",
  START_SECONDS + 200_000,
  (START_SECONDS + 300_000) * 1000,
  "2024-13-01",
);
const groupId = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Value>(...GROUP_IDS) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Value>(1, 0, -0, 42, true, 1.5, 1e21, null, "", 2 ** 53),
  },
);

/** Mostly of one kind, as it is in life. */
function mostly(usual: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.oneof(
    { weight: 8, arbitrary: usual },
    {
      weight: 1,
      arbitrary: fc.oneof(text, amount, tags, item, fc.constantFrom(null, true, false)),
    },
  );
}

const VALUES: Readonly<Record<string, fc.Arbitrary<Value>>> = {
  amount: mostly(amount),
  ltv: mostly(amount),
  page: mostly(text),
  plan: mostly(text),
  tags: mostly(tags),
  when: mostly(date),
  seen: mostly(date),
  cart: mostly(fc.oneof(item, fc.array(item, { maxLength: 3 }))),
  company: fc.oneof(groupId, fc.array(groupId, { maxLength: 3 })),
  mixed: arbitraryValue,
};

function properties(names: readonly string[]): fc.Arbitrary<Properties> {
  const values = names.map((name) =>
    fc.option(Object.hasOwn(VALUES, name) ? (VALUES[name] ?? text) : mostly(text), {
      nil: undefined,
      freq: 2,
    }),
  );
  return fc.tuple(...values).map((found) => {
    const named = names.flatMap((name, index): (readonly [string, Value])[] => {
      const value = found[index];
      return value === undefined ? [] : [[name, value]];
    });
    return new Map(named);
  });
}

/** A stored property of such a name does not show. */
const eventProperties = fc
  .tuple(properties(EVENT_PROPERTIES), fc.nat(19), fc.constantFrom("$time", "$event_name", "time"))
  .map(([found, dice, hidden]) => (dice === 0 ? new Map([...found, [hidden, "hidden"]]) : found));

/** Whole and half hours, and around them. */
const timeMs = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.nat(SPAN_SECONDS / 7200), fc.constantFrom(0, 0, 0, 1, 999, 1000, -1, 1_800_000))
      .map(([slot, offsetMs]) => (START_SECONDS + slot * 7200) * 1000 + offsetMs),
  },
  { weight: 1, arbitrary: fc.constantFrom(-1, -1500, 0, 1_600_000_000_999, 946_684_800_000) },
);

const id = fc.constantFrom(...IDS);
const ids = fc.array(id, { maxLength: 6 });

const plainEvent: fc.Arbitrary<Event> = fc.record({
  name: fc.constantFrom(...EVENT_NAMES),
  distinctId: id,
  timeMs,
  insertId: fc.constantFrom("i1", "I1", "i2", "i3", "i4", "ü5", "i6", "i7", "i8"),
  receivedAtMs: fc.constantFrom(1_731_000_000_000, 1_731_000_000_123, 1_731_000_086_400),
  properties: eventProperties,
});

/** What joins distinct ids, by the rules of a mode, and now and then by those of the other. */
function joiningEvent(identity: IdentityMode): fc.Arbitrary<Event> {
  const device = fc
    .tuple(fc.constantFrom("d1", "d2", "d3", "D3"), id)
    .map(([deviceId, userId]) => ({ $device_id: deviceId, $user_id: userId }));
  const identify = fc
    .tuple(fc.constantFrom(...UUIDS), id)
    .map(([anonymous, user]) => ({ $anon_id: anonymous, $identified_id: user }));
  const alias = id.map((name) => ({ alias: name }));
  const merge = fc
    .array(id, { minLength: 2, maxLength: 3 })
    .map((merged) => ({ $distinct_ids: merged }));
  const withMembers = (name: string | undefined, members: fc.Arbitrary<object>) =>
    fc.tuple(plainEvent, members).map(
      ([event, added]): Event => ({
        ...event,
        name: name ?? event.name,
        properties: new Map([...event.properties, ...Object.entries(added)]),
      }),
    );
  const original = fc.oneof(
    withMembers("$identify", identify),
    withMembers("$create_alias", alias),
    withMembers("$merge", merge),
  );
  return identity === "simplified"
    ? fc.oneof(
        { weight: 9, arbitrary: withMembers(undefined, device) },
        { weight: 1, arbitrary: original },
      )
    : original;
}

/** Events, of which some are sent again with other properties. */
function eventsOf(identity: IdentityMode): fc.Arbitrary<readonly Event[]> {
  const event = fc.oneof(
    { weight: 14, arbitrary: plainEvent },
    { weight: 1, arbitrary: joiningEvent(identity) },
  );
  const list = fc.array(event, { minLength: 8, maxLength: 24, size: "max" });
  const again = fc.array(fc.tuple(fc.nat(99), eventProperties), { maxLength: 3 });
  return fc.tuple(list, again).map(([first, repeats]) => [
    ...first,
    ...repeats.flatMap(([index, changed]) => {
      const repeated = first[index % first.length];
      return repeated === undefined ? [] : [{ ...repeated, properties: changed }];
    }),
  ]);
}

function operation(names: readonly string[]): fc.Arbitrary<Operation> {
  const values = properties(names);
  return fc.oneof(
    { weight: 8, arbitrary: values.map((set) => ({ kind: "set" as const, values: set })) },
    { weight: 1, arbitrary: values.map((set) => ({ kind: "set_once" as const, values: set })) },
    { weight: 1, arbitrary: values.map((set) => ({ kind: "append" as const, values: set })) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...AMOUNTS)
        .map((added) => ({ kind: "add" as const, amounts: new Map([["ltv", added]]) })),
    },
    {
      weight: 1,
      arbitrary: fc
        .subarray([...names], { maxLength: 3 })
        .map((unset) => ({ kind: "unset" as const, names: unset })),
    },
    { weight: 2, arbitrary: fc.constant({ kind: "delete" as const }) },
  );
}

function updatesOf(
  idPool: readonly string[],
  names: readonly string[],
): fc.Arbitrary<readonly ProfileUpdate[]> {
  const update = fc.record({
    distinctId: fc.constantFrom(...idPool.filter((known) => known !== "")),
    seenAtSeconds: fc.constantFrom(START_SECONDS, START_SECONDS + 90_000, START_SECONDS + 86_399),
    ignoreTime: fc.boolean(),
    ignoreAlias: fc.nat(9).map((dice) => dice === 0),
    operations: operation(names).map((one) => [one]),
  });
  return fc.array(update, { minLength: 1, maxLength: 8, size: "max" });
}

const userUpdates = updatesOf(IDS, PROFILE_PROPERTIES).map(
  (updates): Batch => ({ scope: USERS, updates }),
);
const groupUpdates = updatesOf(GROUP_IDS, ["plan", "ltv", "tags"]).map(
  (updates): Batch => ({ scope: COMPANIES, updates }),
);

const membersStep = fc
  .tuple(fc.boolean(), fc.constantFrom(...STATIC_COHORTS), fc.array(fc.nat(99), { maxLength: 9 }))
  .map(([isOfUsers, cohortId, picks]): Step => {
    const pool = isOfUsers ? IDS : GROUP_IDS;
    const distinctIds = picks.flatMap((pick) => pool[pick % pool.length] ?? []);
    return { kind: "members", scope: isOfUsers ? USERS : COMPANIES, cohortId, distinctIds };
  });

/** A random history. */
export const arbitraryHistory: fc.Arbitrary<History> = fc
  .constantFrom<IdentityMode>("simplified", "original")
  .chain((identity) => {
    const added = eventsOf(identity).map((events): Batch => ({ projectId: 1, identity, events }));
    const batch = fc.oneof(
      { weight: 4, arbitrary: added },
      { weight: 4, arbitrary: userUpdates },
      { weight: 1, arbitrary: groupUpdates },
    );
    const apply = fc
      .array(batch, { minLength: 1, maxLength: 4, size: "max" })
      .map((batches): Step => ({ kind: "apply", batches }));
    const step = fc.oneof({ weight: 4, arbitrary: apply }, { weight: 1, arbitrary: membersStep });
    const erase = ids.map((distinctIds): Step => ({ kind: "erase", distinctIds }));
    const steps = (minLength: number, maxLength: number) =>
      fc.array(step, { minLength, maxLength, size: "max" });
    const last = fc.tuple(erase, steps(0, 2)).map(([first, more]) => [first, ...more]);
    return fc
      .tuple(steps(4, 8), steps(2, 4), last)
      .map((phases): History => ({ identity, phases }));
  });
