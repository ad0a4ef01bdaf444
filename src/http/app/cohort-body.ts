/**
 * What a client sends about a cohort, as what the registry takes.
 *
 * The definition stands beside the other members, and is taken letter by letter.
 *
 * @module
 */
import { type TProperties, type TSchema, Type } from "@sinclair/typebox";
import { fail } from "../../errors/error.ts";
import { groupKeyOf } from "../../query/data-group.ts";
import {
  DEFINITION_MEMBERS,
  type DefinitionMember,
  type DefinitionTexts,
} from "../../registry/cohort-record.ts";
import type { CohortChanges, NewCohort } from "../../registry/cohorts.ts";
import { quoteLongIntegers } from "../../values/long-integers.ts";
import type { ApiRequest } from "../api.ts";
import { bodyText, parseJson } from "./app.ts";
import { elementsOf, membersOf } from "./json-pieces.ts";

/** UTF-16 units of a cohort's name. */
const COHORT_NAME_LENGTH_MAX = 255;
/** UTF-16 units of a cohort's description. */
const COHORT_DESCRIPTION_LENGTH_MAX = 10_000;
/** UTF-16 units of a cohort's definition, as JSON. */
const COHORT_DEFINITION_LENGTH_MAX = 1_048_576;
/** Cohorts of one request that changes or deletes several. */
const COHORTS_PER_REQUEST_MAX = 1000;

const NAME = Type.String({ minLength: 1, maxLength: COHORT_NAME_LENGTH_MAX });
const ID = Type.Integer({ minimum: 1 });

const MEMBERS = {
  description: Type.Optional(
    Type.Union([Type.String({ maxLength: COHORT_DESCRIPTION_LENGTH_MAX }), Type.Null()]),
  ),
  data_group_id: Type.Optional(
    Type.Union([Type.String(), Type.Number(), Type.Null()], {
      description: "The id of a data group, or its group key; null for users.",
    }),
  ),
  is_visible: Type.Optional(Type.Boolean()),
  is_locked: Type.Optional(Type.Boolean()),
  deleted: Type.Optional(Type.Boolean({ description: "True deletes the cohort." })),
  groups: Type.Optional(Type.Union([Type.Array(Type.Unknown()), Type.Null()])),
  selector: Type.Optional(Type.Unknown({ description: "A tree of conditions, or a selector." })),
  behaviors: Type.Optional(Type.Unknown({ description: "What the selector counts, by name." })),
} satisfies TProperties;

const NEW = Type.Object({ name: NAME, ...MEMBERS });
const CHANGES = Type.Object({ name: Type.Optional(NAME), ...MEMBERS });
const ITEM = Type.Object({ id: ID, name: Type.Optional(NAME), ...MEMBERS });
const ITEMS = Type.Object({ cohorts: Type.Array(ITEM, { maxItems: COHORTS_PER_REQUEST_MAX }) });
const IDS = Type.Object({ cohort_ids: Type.Array(ID, { maxItems: COHORTS_PER_REQUEST_MAX }) });

/** The body that creates a cohort. */
export const NEW_COHORT: TSchema = NEW;
/** The body that changes a cohort. */
export const COHORT_CHANGES: TSchema = CHANGES;
/** The body that changes several cohorts. */
export const BULK_UPDATE: TSchema = ITEMS;
/** The body that deletes several cohorts. */
export const BULK_DELETE: TSchema = IDS;

/** A change that a client asks for. */
export interface WantedChange {
  readonly changes: CohortChanges;
  readonly deletes: boolean;
}

/** Data group ids have more digits than JavaScript keeps. */
const LONG: ReadonlySet<string> = new Set(["data_group_id"]);

/**
 * The cohort that a body creates.
 *
 * @throws `query.invalid_json`, `request.invalid_body`, `query.unknown_data_group`, `query.invalid_parameter`
 */
export function readNewCohort(request: ApiRequest, groupKeys: readonly string[]): NewCohort {
  const text = bodyText(request);
  const body = parseJson(quoteLongIntegers(text, LONG), NEW);
  return {
    name: body.name,
    description: body.description ?? "",
    groupKey: readGroupKey(body.data_group_id, groupKeys),
    isVisible: body.is_visible ?? true,
    isLocked: body.is_locked ?? false,
    definitionTexts: readDefinition(text),
  };
}

/**
 * The change that a body makes of one cohort.
 *
 * @throws what `readNewCohort` throws
 */
export function readChange(
  request: ApiRequest,
  id: number,
  groupKeys: readonly string[],
): WantedChange {
  return readChangeText(bodyText(request), id, groupKeys);
}

/**
 * The changes that a body makes of several cohorts.
 *
 * @throws what `readNewCohort` throws
 */
export function readChanges(
  request: ApiRequest,
  groupKeys: readonly string[],
): readonly WantedChange[] {
  const text = bodyText(request);
  parseJson(text, ITEMS);
  return elementsOf(membersOf(text).get("cohorts") ?? "[]").map((element) =>
    readChangeText(element, parseJson(element, ITEM).id, groupKeys),
  );
}

function readChangeText(text: string, id: number, groupKeys: readonly string[]): WantedChange {
  const body = parseJson(quoteLongIntegers(text, LONG), CHANGES);
  const changes = {
    id,
    definitionTexts: readDefinition(text),
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.description === undefined ? {} : { description: body.description ?? "" }),
    ...(body.is_visible === undefined ? {} : { isVisible: body.is_visible }),
    ...(body.is_locked === undefined ? {} : { isLocked: body.is_locked }),
    ...(body.data_group_id === undefined
      ? {}
      : { groupKey: readGroupKey(body.data_group_id, groupKeys) }),
  };
  return { changes, deletes: body.deleted === true };
}

/**
 * The cohorts that a body deletes.
 *
 * @throws `query.invalid_json`, `request.invalid_body`
 */
export function readDeleted(request: ApiRequest): readonly number[] {
  return parseJson(bodyText(request), IDS).cohort_ids;
}

/** @throws `query.unknown_data_group` */
export function readGroupKey(
  id: string | number | null | undefined,
  groupKeys: readonly string[],
): string | undefined {
  return id === undefined || id === null || id === ""
    ? undefined
    : groupKeyOf(String(id), groupKeys);
}

function readDefinition(text: string): DefinitionTexts {
  const members = membersOf(text);
  const definition = new Map<DefinitionMember, string>();
  for (const name of DEFINITION_MEMBERS) {
    const json = members.get(name);
    if (json !== undefined) definition.set(name, json);
  }
  const length = [...definition.values()].reduce((sum, json) => sum + json.length, 0);
  if (length > COHORT_DEFINITION_LENGTH_MAX) {
    throw fail("request.invalid_body", {
      member: "the definition",
      reason: `it has more than ${COHORT_DEFINITION_LENGTH_MAX} characters`,
    });
  }
  return definition;
}
