/**
 * What is kept of event records, what selectors find among events, and which ids are one, held to cases.
 *
 * @module
 */
import { expect } from "vitest";
import type { EventRow } from "../../src/event/event.ts";
import type { EventQuery } from "../../src/event/event-query.ts";
import { eventJson } from "../../src/http/event-json.ts";
import { decodeRecords } from "../../src/ingest/decode.ts";
import { type DecodedEventRecords, decodeEvents } from "../../src/ingest/decode-events.ts";
import { plan, planEvents } from "../../src/query/plan.ts";
import type { Store } from "../../src/store/store.ts";
import type {
  AcceptsCase,
  CaseBase,
  Entrance,
  EventsCase,
  EventValueCase,
  IdentityCase,
  KeepsCase,
} from "./spec-case.ts";
import { planContextOf, requestOf, TOKEN, usersOf } from "./spec-fixture.ts";

/** Rows that write have a project each, by their line; fixtures have the projects from 1 on. */
const ROW_PROJECT_ID_MIN = 2000;

/** Members that a row need not show, as they are made up or say when the row ran. */
const OPTIONAL_MEMBERS = ["time", "$insert_id", "mp_processing_time_ms"];

const ENTRANCE: Entrance = { endpoint: "import", isStrict: false };
const ALWAYS = { fromSeconds: -1e12, toSeconds: 1e12 };

interface WireEvent {
  readonly event: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Checks which events a selector selects. */
export async function checkEvents(store: Store, row: EventsCase): Promise<void> {
  const rows = await readEvents(store, row, usersOf(row.fixture).projectId, row.where);
  expect(rows.map(({ insertId }) => insertId)).toEqual(row.insertIds);
}

/** Whether a selector selects the event of a row. */
export async function checkEventValue(
  store: Store,
  row: EventValueCase,
  where: string,
): Promise<boolean> {
  const rows = await readEvents(store, row, usersOf(row.fixture).projectId, where);
  return rows.some(({ insertId }) => insertId === row.insertId);
}

/** Checks what is kept of records. */
export async function checkKeeps(store: Store, row: KeepsCase): Promise<void> {
  const projectId = projectOf(row);
  await applyEvents(store, row, projectId, row.records, row.entrance);
  const kept = (await readEvents(store, row, projectId)).map(
    (event) => JSON.parse(eventJson(event)) as WireEvent,
  );
  expect(
    kept.map((event, index) => shown(event, row.kept[index] as WireEvent | undefined)),
  ).toEqual(row.kept);
}

/** Checks whether a record is taken. */
export function checkAccepts(row: AcceptsCase): void {
  const { batches, failures } = decode(row, [row.record], row.entrance);
  const [failure] = failures;
  const isKept = batches.some(({ events }) => events.length === 1);
  expect(failure?.message ?? (isKept ? "kept" : "dropped")).toBe(row.verdict);
}

/** Checks what records of events and profiles leave, each applied on its own. */
export async function checkIdentity(store: Store, row: IdentityCase): Promise<void> {
  const projectId = projectOf(row);
  for (const record of row.records) {
    if (Object.hasOwn(record, "event")) {
      await applyEvents(store, row, projectId, [record], ENTRANCE);
    } else await applyProfile(store, row, projectId, record);
  }
  const ids = Object.keys(row.canonicalIds);
  expect(await store.canonicalIds(projectId, ids)).toEqual(Object.values(row.canonicalIds));
  expect(await readProfiles(store, row, projectId)).toEqual(row.profiles);
}

async function applyEvents(
  store: Store,
  row: CaseBase,
  projectId: number,
  records: readonly unknown[],
  entrance: Entrance,
): Promise<void> {
  for (const { events } of decode(row, records, entrance).batches) {
    await store.apply([{ projectId, identity: row.context.identity, events }]);
  }
}

function decode(
  { context: { nowSeconds, identity } }: CaseBase,
  records: readonly unknown[],
  entrance: Entrance,
): DecodedEventRecords {
  return decodeEvents(records, {
    ...entrance,
    nowMs: nowSeconds * 1000,
    token: TOKEN,
    projectOf: () => ({ identity }),
  });
}

async function applyProfile(
  store: Store,
  row: CaseBase,
  projectId: number,
  record: Readonly<Record<string, unknown>>,
): Promise<void> {
  const nowMs = row.context.nowSeconds * 1000;
  const { batches } = decodeRecords([{ $token: TOKEN, ...record }], { target: "engage", nowMs });
  const scope = { projectId, groupKey: undefined };
  for (const { updates } of batches) {
    expect(await store.apply([{ scope, updates }])).toEqual([]);
  }
}

async function readProfiles(
  store: Store,
  row: IdentityCase,
  projectId: number,
): Promise<Readonly<Record<string, unknown>>> {
  const scope = { projectId, groupKey: undefined };
  const query = { ...plan(requestOf(row, {}), planContextOf(row, [])), scope };
  const rows = await store.read(scope, await store.select(query));
  return Object.fromEntries(
    rows.map(({ distinctId, propertiesJson }) => {
      const properties = JSON.parse(propertiesJson) as Readonly<Record<string, unknown>>;
      const isShown = Object.hasOwn(row.profiles[distinctId] ?? {}, "$last_seen");
      return [distinctId, isShown ? properties : without(properties, ["$last_seen"])];
    }),
  );
}

/** An event without what its row does not show. */
function shown({ event, properties }: WireEvent, expected: WireEvent | undefined): WireEvent {
  const hidden = OPTIONAL_MEMBERS.filter(
    (name) => !Object.hasOwn(expected?.properties ?? {}, name),
  );
  return { event, properties: without(properties, hidden) };
}

function without(
  properties: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));
}

async function readEvents(
  store: Store,
  { context }: CaseBase,
  projectId: number,
  where: string = "",
): Promise<readonly EventRow[]> {
  const query: EventQuery = {
    projectId,
    span: ALWAYS,
    names: undefined,
    distinctIds: undefined,
    selector: planEvents(where),
    limit: undefined,
    asOfSeconds: context.nowSeconds,
    timeZone: context.timeZone,
  };
  const rows: EventRow[] = [];
  for await (const part of store.events(query)) rows.push(...part);
  return rows;
}

function projectOf({ line }: CaseBase): number {
  return ROW_PROJECT_ID_MIN + line;
}
