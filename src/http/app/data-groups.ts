/**
 * The data groups of a project over HTTP: listed, registered, renamed and deleted.
 *
 * @module
 */
import { type TSchema, Type } from "@sinclair/typebox";
import { fail } from "../../errors/error.ts";
import { PROPERTY_NAME_LENGTH_MAX } from "../../profile/limits.ts";
import { dataGroupId } from "../../query/data-group.ts";
import type { DataGroup } from "../../registry/data-groups.ts";
import type { ApiReply, ApiRequest } from "../api.ts";
import type { Route } from "../route.ts";
import {
  bodyText,
  inProject,
  noContent,
  okJson,
  type ProjectCall,
  parseJson,
  pathParameter,
} from "./app.ts";
import { membersOf } from "./json-pieces.ts";

/** UTF-16 units of the name a data group is shown with. */
const DATA_GROUP_NAME_LENGTH_MAX = 255;
/** UTF-16 units of a data group's metadata, as JSON. */
const DATA_GROUP_METADATA_LENGTH_MAX = 10_000;

/** The number that clients expect for a group of profiles; there are no others. */
const TYPE = 1;

const GROUP_KEY = Type.String({ minLength: 1, maxLength: PROPERTY_NAME_LENGTH_MAX });
const DISPLAY_NAME = Type.String({ minLength: 1, maxLength: DATA_GROUP_NAME_LENGTH_MAX });
const METADATA = Type.Union([Type.Object({}, { additionalProperties: true }), Type.Null()], {
  description: "Kept and given back as it is.",
});

const NEW = Type.Object({
  property_name: GROUP_KEY,
  display_name: Type.Optional(Type.Union([DISPLAY_NAME, Type.Null()])),
  metadata: Type.Optional(METADATA),
});
const CHANGES = Type.Object({
  property_name: Type.Optional(GROUP_KEY),
  display_name: Type.Optional(Type.Union([DISPLAY_NAME, Type.Null()])),
  metadata: Type.Optional(METADATA),
});

const SECONDS = Type.Union([Type.Integer(), Type.Null()], {
  description: "Epoch seconds; null for a group that was only written to.",
});

const DATA_GROUP_SCHEMA: TSchema = Type.Object(
  {
    data_group_id: Type.String({ description: "A signed number of 64 bits." }),
    property_name: Type.String({ description: "The group key." }),
    display_name: Type.String(),
    metadata: METADATA,
    type: Type.Integer(),
    is_ready: Type.Boolean(),
    created_at: SECONDS,
    ready_at: SECONDS,
  },
  { description: "A data group." },
);

/** The endpoints. */
export const DATA_GROUP_ROUTES: readonly Route[] = [
  inProject({
    name: "data_group_list",
    method: "GET",
    path: "/data-groups",
    summary: "List data groups, those that were only written to among them",
    action: "query",
    results: Type.Array(DATA_GROUP_SCHEMA),
    handler: async ({ context, access }) => {
      const groups = await context.registry.dataGroups.list(access.project.id);
      return okJson(`[${groups.map(dataGroupJson).join(",")}]`);
    },
  }),
  inProject({
    name: "data_group_create",
    method: "POST",
    path: "/data-groups",
    summary: "Register a data group",
    action: "write",
    body: NEW,
    results: DATA_GROUP_SCHEMA,
    handler: createDataGroup,
  }),
  inProject({
    name: "data_group_update",
    method: "POST",
    path: "/data-groups/:data_group_id",
    summary: "Change what a data group is shown as",
    action: "write",
    body: CHANGES,
    results: DATA_GROUP_SCHEMA,
    handler: updateDataGroup,
  }),
  inProject({
    name: "data_group_delete",
    method: "DELETE",
    path: "/data-groups/:data_group_id",
    summary: "Delete the registration of a data group, not its profiles",
    action: "write",
    results: Type.Null(),
    handler: async ({ context, access, request }) => {
      const id = pathParameter(request, "data_group_id");
      await context.registry.dataGroups.delete(access.project.id, id);
      return noContent();
    },
  }),
];

async function createDataGroup({ context, access, request }: ProjectCall): Promise<ApiReply> {
  const text = bodyText(request);
  const body = parseJson(text, NEW);
  const created = await context.registry.dataGroups.create(access.project.id, {
    groupKey: body.property_name.toWellFormed(),
    displayName: body.display_name ?? undefined,
    metadataJson: readMetadata(text),
  });
  return okJson(dataGroupJson(created));
}

async function updateDataGroup({ context, access, request }: ProjectCall): Promise<ApiReply> {
  const id = pathParameter(request, "data_group_id");
  const changed = await context.registry.dataGroups.update(
    access.project.id,
    id,
    readChanges(request, id),
  );
  return okJson(dataGroupJson(changed));
}

function readChanges(
  request: ApiRequest,
  id: string,
): { readonly displayName: string | undefined; readonly metadataJson: string | undefined } {
  const text = bodyText(request);
  const body = parseJson(text, CHANGES);
  if (body.property_name !== undefined && dataGroupId(body.property_name) !== id) {
    throw fail("request.invalid_body", {
      member: "property_name",
      reason: "the group key of a data group cannot change; register another one",
    });
  }
  return { displayName: body.display_name ?? undefined, metadataJson: readMetadata(text) };
}

/** The metadata as it is written; undefined leaves it as it was. */
function readMetadata(text: string): string | undefined {
  const json = membersOf(text).get("metadata");
  if (json !== undefined && json.length > DATA_GROUP_METADATA_LENGTH_MAX) {
    throw fail("request.invalid_body", {
      member: "metadata",
      reason: `it has more than ${DATA_GROUP_METADATA_LENGTH_MAX} characters`,
    });
  }
  return json;
}

function dataGroupJson(group: DataGroup): string {
  const { id, groupKey, displayName, metadataJson, createdAtMs } = group;
  const createdAt = createdAtMs === undefined ? null : Math.floor(createdAtMs / 1000);
  const facts = JSON.stringify({
    data_group_id: id,
    property_name: groupKey,
    display_name: displayName,
    type: TYPE,
    is_ready: true,
    created_at: createdAt,
    ready_at: createdAt,
  });
  return `${facts.slice(0, -1)},"metadata":${metadataJson ?? "null"}}`;
}
