/**
 * What a store, or the plan of a request, does, held to the cases of a chapter.
 *
 * @module
 */
import { expect } from "vitest";
import { WhomError } from "../../src/errors/error.ts";
import { decodeRecords } from "../../src/ingest/decode.ts";
import type { Scope } from "../../src/profile/profile.ts";
import { plan, planEvents } from "../../src/query/plan.ts";
import type { ProfileQuery } from "../../src/query/query.ts";
import type { Store } from "../../src/store/store.ts";
import type { Kind } from "../../src/values/value.ts";
import type {
  Asked,
  CaseBase,
  FailsCase,
  Fixture,
  PureCase,
  Question,
  SelectsCase,
  StoreCase,
  UpdateCase,
  ValueCase,
  WrittenValue,
} from "./spec-case.ts";
import {
  checkAccepts,
  checkEvents,
  checkEventValue,
  checkIdentity,
  checkKeeps,
} from "./spec-event-checks.ts";
import { loadProfiles, planContextOf, requestOf, TOKEN } from "./spec-fixture.ts";
import {
  answerAction,
  checkAction,
  checkBreakdown,
  checkRevenue,
} from "./spec-statistic-checks.ts";

/** Where update tables write; fixtures have the projects from 1 on. */
const UPDATE_SCOPE: Scope = { projectId: 1000, groupKey: undefined };

const KINDS: readonly Kind[] = [
  ...(["string", "number", "boolean", "datetime"] as const),
  ...(["list", "object", "null", "undefined"] as const),
];

/** Checks a case that needs no store. */
export async function checkPure(row: PureCase, fixtures: readonly Fixture[]): Promise<void> {
  if (row.kind === "fails") await checkFails(row, fixtures);
  else checkAccepts(row);
}

/** Checks a case on a store that has the fixtures. */
export function check(store: Store, row: StoreCase, fixtures: readonly Fixture[]): Promise<void> {
  switch (row.kind) {
    case "selects":
      return checkSelects(store, row, fixtures);
    case "value":
      return checkWritten(row, (where) => holdsFor(store, row, fixtures, where));
    case "update":
      return checkUpdate(store, row);
    case "events":
      return checkEvents(store, row);
    case "event value":
      return checkWritten(row, (where) => checkEventValue(store, row, where));
    case "keeps":
      return checkKeeps(store, row);
    case "identity":
      return checkIdentity(store, row);
    case "action":
      return checkAction(store, row, fixtures);
    case "breakdown":
      return checkBreakdown(store, row, fixtures);
    case "revenue":
      return checkRevenue(store, row);
  }
}

async function checkFails(row: FailsCase, fixtures: readonly Fixture[]): Promise<void> {
  let error: unknown;
  try {
    await ask(row, row.question, fixtures);
  } catch (thrown) {
    error = thrown;
  }
  if (!(error instanceof WhomError)) throw error ?? new Error("nothing is refused");
  const { code, span, source, message } = error;
  expect({ code, span }).toEqual({ code: row.code, span: row.span });
  if (row.named !== undefined) expect(message).toContain(row.named);
  const asked = row.question.source;
  if (asked !== undefined && span !== undefined) expect(source).toBe(asked);
}

async function ask(
  row: FailsCase,
  question: Question,
  fixtures: readonly Fixture[],
): Promise<void> {
  switch (question.kind) {
    case "request":
      planFor(row, question.asked, fixtures);
      return;
    case "event selector":
      planEvents(question.source);
      return;
    case "action":
      await answerAction(row, { ...question, segments: undefined }, fixtures, async () => "");
      return;
  }
}

function planFor(row: CaseBase, asked: Asked, fixtures: readonly Fixture[]): ProfileQuery {
  return plan(requestOf(row, asked), planContextOf(row, fixtures));
}

async function checkSelects(
  store: Store,
  row: SelectsCase,
  fixtures: readonly Fixture[],
): Promise<void> {
  const query = planFor(row, row.asked, fixtures);
  const keys = await store.select(query);
  const profiles = await store.read(query.scope, keys, query.includesStrangers);
  expect(profiles.map(({ distinctId }) => distinctId)).toEqual(row.distinctIds);
  expect(await store.count(query)).toBe(row.distinctIds.length);
}

/**
 * An expression has a value when `typeof` gives the value's kind and `==` finds them equal. Equality ignores
 * case, so that a text is looked at once more by a pattern that does not.
 */
async function checkWritten(
  row: WrittenValue,
  holds: (selector: string) => Promise<boolean>,
): Promise<void> {
  const isOfKind = (kind: Kind): Promise<boolean> =>
    holds(`typeof(${row.expression}) == "${kind}"`);
  if (!(await isOfKind(row.valueKind))) {
    const found: Kind[] = [];
    for (const kind of KINDS) if (await isOfKind(kind)) found.push(kind);
    expect(`the kind ${found.join(" and ")}`).toBe(`the kind ${row.valueKind}`);
  }
  expect({ equal: await holds(`(${row.expression}) == (${row.value})`) }).toEqual({ equal: true });
  if (row.valueKind !== "string" || !row.value.startsWith('"')) return;
  const pattern = JSON.stringify(`^(?-i:${escapePattern(JSON.parse(row.value))})$`);
  const exact = await holds(`regex_match((${row.expression}), ${pattern})`);
  expect({ equal: true, exact }).toEqual({ equal: true, exact: true });
}

async function holdsFor(
  store: Store,
  row: ValueCase,
  fixtures: readonly Fixture[],
  where: string,
): Promise<boolean> {
  const query = planFor(row, row.asking(where), fixtures);
  const keys = await store.select({ ...query, distinctIds: [row.distinctId] });
  return keys.length === 1;
}

async function checkUpdate(store: Store, row: UpdateCase): Promise<void> {
  const distinctId = `row ${row.line}`;
  if (row.before !== undefined) {
    await loadProfiles(store, UPDATE_SCOPE, [{ distinctId, properties: row.before }]);
  }
  const records = row.records.map((record) => ({
    $token: TOKEN,
    $distinct_id: distinctId,
    ...(record as object),
  }));
  const nowMs = row.context.nowSeconds * 1000;
  const decoded = decodeRecords(records, { target: "engage", nowMs });
  for (const { updates } of decoded.batches) await store.apply([{ scope: UPDATE_SCOPE, updates }]);
  expect(await readProperties(store, distinctId, row)).toEqual(row.after);
}

/** The properties of a profile; `$last_seen` only where the row shows it. */
async function readProperties(store: Store, distinctId: string, row: UpdateCase): Promise<unknown> {
  const query = { ...planFor(row, {}, []), scope: UPDATE_SCOPE, distinctIds: [distinctId] };
  const [profile] = await store.read(UPDATE_SCOPE, await store.select(query));
  if (profile === undefined) return undefined;
  const properties = new Map(Object.entries(JSON.parse(profile.propertiesJson) as object));
  expect(properties.get("$last_seen")).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
  const isShown = row.after !== undefined && Object.hasOwn(row.after, "$last_seen");
  if (!isShown) properties.delete("$last_seen");
  return Object.fromEntries(properties);
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&");
}
