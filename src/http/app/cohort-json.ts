/**
 * A saved cohort as the App API gives it out.
 *
 * @module
 */
import { type TSchema, Type } from "@sinclair/typebox";
import { dataGroupId } from "../../query/data-group.ts";
import type { KeptCohort } from "../../registry/cohort-record.ts";
import type { CohortUse } from "../../registry/references.ts";
import type { CohortCount } from "./cohort-counts.ts";

const NULLABLE_TEXT = Type.Union([Type.String(), Type.Null()]);
const TIME = Type.String({ description: "UTC, `YYYY-MM-DDTHH:MM:SS`." });

/** A cohort. */
export const COHORT_SCHEMA: TSchema = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    description: Type.String(),
    count: Type.Integer({ description: "How many profiles it selected when it was last counted." }),
    is_visible: Type.Boolean(),
    is_locked: Type.Boolean(),
    is_static: Type.Boolean({ description: "Whether its members are a list." }),
    data_group_id: NULLABLE_TEXT,
    created: TIME,
    last_edited: TIME,
    created_by: Type.Object({
      id: Type.Union([Type.Integer(), Type.Null()]),
      name: Type.String(),
      email: NULLABLE_TEXT,
    }),
    referenced_by: Type.Array(Type.Integer(), {
      description: "Cohorts that it is part of, and those they are part of.",
    }),
    referenced_directly_by: Type.Array(Type.Integer(), {
      description: "Cohorts whose definitions name it.",
    }),
    active_integrations: Type.Array(Type.Unknown()),
    verified: Type.Boolean(),
    last_queried: Type.Union([TIME, Type.Null()], { description: "When it was last counted." }),
    groups: Type.Optional(Type.Unknown({ description: "As it was sent." })),
    selector: Type.Optional(Type.Unknown({ description: "As it was sent." })),
    behaviors: Type.Optional(Type.Unknown({ description: "As it was sent." })),
  },
  { description: "A saved cohort." },
);

/** A cohort as JSON text, its definition as it was sent. */
export function cohortJson(
  cohort: KeptCohort,
  { count, countedAtMs }: CohortCount,
  use: CohortUse,
): string {
  const { groupKey, createdBy, definitionTexts } = cohort;
  const facts = JSON.stringify({
    id: cohort.id,
    name: cohort.name,
    description: cohort.description,
    count,
    is_visible: cohort.isVisible,
    is_locked: cohort.isLocked,
    is_static: cohort.isStatic,
    data_group_id: groupKey === undefined ? null : dataGroupId(groupKey),
    created: formatUtc(cohort.createdAtMs),
    last_edited: formatUtc(cohort.editedAtMs),
    created_by: { id: createdBy.accountId ?? null, name: createdBy.name, email: null },
    referenced_by: use.all,
    referenced_directly_by: use.direct,
    active_integrations: [],
    verified: false,
    last_queried: countedAtMs === undefined ? null : formatUtc(countedAtMs),
  });
  const definition = [...definitionTexts].map(([name, json]) => `,"${name}":${json}`);
  return `${facts.slice(0, -1)}${definition.join("")}}`;
}

/** An instant in UTC, to the second. */
export function formatUtc(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, "YYYY-MM-DDTHH:MM:SS".length);
}
