/**
 * What a chapter of the specification states: fixtures, and cases about them.
 *
 * @module
 */
import type { SavedCohort } from "../../src/cohort/cohort.ts";
import type { Event } from "../../src/event/event.ts";
import type { IdentityMode } from "../../src/event/identity.ts";
import type { EventEndpoint } from "../../src/ingest/event-rules.ts";
import type { QueryRequest } from "../../src/query/plan.ts";
import type { EvaluationContext } from "../../src/selector/selector.ts";
import type { Kind, Value } from "../../src/values/value.ts";

/** A profile of a fixture. */
export interface FixtureProfile {
  readonly distinctId: string;
  readonly properties: ReadonlyMap<string, Value>;
}

/** A saved cohort of a fixture. */
export interface FixtureCohort extends SavedCohort {
  /** Undefined for a cohort with a definition. */
  readonly members: readonly string[] | undefined;
}

/** A project that tables are about. */
export interface Fixture {
  readonly profiles: readonly FixtureProfile[];
  /** Group profiles by group key. */
  readonly groups: Map<string, readonly FixtureProfile[]>;
  /** In the order they arrive. */
  readonly events: { readonly identity: IdentityMode; readonly event: Event }[];
  readonly cohorts: FixtureCohort[];
}

/** The time of the query, and how the project is set up. */
export interface ChapterContext extends EvaluationContext {
  readonly identity: IdentityMode;
  /** The data group that tables are about; undefined for users. */
  readonly dataGroup: string | undefined;
}

/** Why a row is known not to hold, and where; it must fail as long as it says so. */
export interface Skip {
  /** The store it fails on, or undefined for every store. */
  readonly store: string | undefined;
  readonly reason: string;
}

/** What a row asks for, besides the time. */
export type Asked = Partial<QueryRequest>;

/** What every case has. */
export interface CaseBase {
  /** The row, readable. */
  readonly title: string;
  /** Where the row stands, counted from 1. */
  readonly line: number;
  readonly context: ChapterContext;
  readonly skip: Skip | undefined;
  /** The index of the fixture the row is about; -1 for none. */
  readonly fixture: number;
}

/** A request and the profiles it selects. */
export interface SelectsCase extends CaseBase {
  readonly kind: "selects";
  readonly asked: Asked;
  /** In ascending order, or in the order that the row asks for. */
  readonly distinctIds: readonly string[];
}

/** What may be refused. */
export type Question =
  | { readonly kind: "request"; readonly asked: Asked; readonly source: string | undefined }
  | { readonly kind: "event selector"; readonly source: string }
  | { readonly kind: "action"; readonly asked: Asked; readonly source: string };

/** A question that is refused. */
export interface FailsCase extends CaseBase {
  readonly kind: "fails";
  readonly question: Question;
  readonly code: string;
  /** Undefined for an error without a place. */
  readonly span: { readonly start: number; readonly end: number } | undefined;
  /** What the message names, such as the path to what is wrong; undefined where the row does not say. */
  readonly named: string | undefined;
}

/** A value as it is written. */
export interface WrittenValue {
  /** What has the value. */
  readonly expression: string;
  /** In the selector language. */
  readonly value: string;
  readonly valueKind: Kind;
}

/** An expression and its value for one profile. */
export interface ValueCase extends CaseBase, WrittenValue {
  readonly kind: "value";
  readonly distinctId: string;
  /** The request by which a selector is asked. */
  asking(selector: string): Asked;
}

/** A profile, what is written to it, and what is left. */
export interface UpdateCase extends CaseBase {
  readonly kind: "update";
  /** Undefined stands for no profile. */
  readonly before: ReadonlyMap<string, Value> | undefined;
  /** Wire records without token and distinct id. */
  readonly records: readonly unknown[];
  readonly after: Readonly<Record<string, unknown>> | undefined;
}

/** A selector of events and the insert ids of those it selects, in their order. */
export interface EventsCase extends CaseBase {
  readonly kind: "events";
  readonly where: string;
  readonly insertIds: readonly string[];
}

/** An expression and its value for one event. */
export interface EventValueCase extends CaseBase, WrittenValue {
  readonly kind: "event value";
  readonly insertId: string;
}

/** How event records come in. */
export interface Entrance {
  readonly endpoint: EventEndpoint;
  readonly isStrict: boolean;
}

/** Event records, and the events that are kept of them. */
export interface KeepsCase extends CaseBase {
  readonly kind: "keeps";
  readonly entrance: Entrance;
  readonly records: readonly unknown[];
  /** As an export gives them; time and ids count where they are shown. */
  readonly kept: readonly Readonly<Record<string, unknown>>[];
}

/** An event record, and whether it is taken. */
export interface AcceptsCase extends CaseBase {
  readonly kind: "accepts";
  readonly entrance: Entrance;
  readonly record: unknown;
  /** `kept`, `dropped`, or what is wrong. */
  readonly verdict: string;
}

/** Records of events and profiles in order, which ids are one then, and what profiles are left. */
export interface IdentityCase extends CaseBase {
  readonly kind: "identity";
  readonly records: readonly Readonly<Record<string, unknown>>[];
  readonly canonicalIds: Readonly<Record<string, string>>;
  readonly profiles: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** An action and what it gives. */
export interface ActionCase extends CaseBase {
  readonly kind: "action";
  readonly asked: Asked;
  readonly source: string;
  /** The ids of cohorts that it is asked of one by one; undefined for all at once. */
  readonly segments: readonly string[] | undefined;
  readonly result: unknown;
}

/** An expression and how its values are spread. */
export interface BreakdownCase extends CaseBase {
  readonly kind: "breakdown";
  readonly asked: Asked;
  readonly source: string;
  readonly topMax: number;
  readonly bucketMax: number;
  /** Those members of the answer that the row shows. */
  readonly result: Readonly<Record<string, unknown>>;
}

/** Days, and what was paid on them. */
export interface RevenueCase extends CaseBase {
  readonly kind: "revenue";
  readonly from: string;
  readonly to: string;
  readonly unit: "day" | "week" | "month";
  readonly result: unknown;
}

/** A case that needs no store. */
export type PureCase = FailsCase | AcceptsCase;

/** A case that every store is held to. */
export type StoreCase =
  | SelectsCase
  | ValueCase
  | UpdateCase
  | EventsCase
  | EventValueCase
  | KeepsCase
  | IdentityCase
  | ActionCase
  | BreakdownCase
  | RevenueCase;

/** One row, or one cell of a matrix. */
export type Case = PureCase | StoreCase;

/** Whether a case needs no store. */
export function isPure(row: Case): row is PureCase {
  return row.kind === "fails" || row.kind === "accepts";
}

/** A chapter, parsed. */
export interface Chapter {
  readonly title: string;
  readonly fixtures: readonly Fixture[];
  readonly cases: readonly Case[];
}

/** A row of a table: its cells, trimmed and unescaped. */
export interface Row {
  readonly cells: readonly string[];
  readonly line: number;
  readonly skip: Skip | undefined;
}

/** What the rows of a table are read with. */
export interface Place {
  readonly fixtures: readonly Fixture[];
  readonly context: ChapterContext;
  /** What `json behaviors` last gave the fixture. */
  readonly behaviors: unknown;
}

/** Reads the row of a table. */
export type TableReader = (row: Row, place: Place) => readonly Case[];

/** What the cases of a row share. */
export function baseOf(row: Row, { context, fixtures }: Place, title?: string): CaseBase {
  return {
    title: title ?? row.cells.join("  |  "),
    line: row.line,
    context,
    skip: row.skip,
    fixture: fixtures.length - 1,
  };
}
