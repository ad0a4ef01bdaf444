/**
 * The endpoints that SDKs write to.
 *
 * @module
 */
import { refuseImport } from "./import-answer.ts";
import { importEvents } from "./import-events.ts";
import type { Route } from "./route.ts";
import { track } from "./track.ts";
import { updateProfiles } from "./update-profiles.ts";
import { UPDATE_ANSWER, UPDATE_BODY, UPDATE_PARAMETERS_SCHEMA } from "./wire.ts";
import {
  EVENTS_BODY,
  IMPORT_ANSWER,
  IMPORT_BODY,
  IMPORT_PARAMETERS_SCHEMA,
  TRACK_PARAMETERS_SCHEMA,
} from "./wire-events.ts";

/** The table. */
export const INGEST_ROUTES: readonly Route[] = [
  {
    name: "engage_update",
    family: "ingest",
    methods: ["GET", "POST"],
    paths: ["/engage"],
    aliases: [],
    summary: "Update user profiles",
    guard: "token",
    parameters: UPDATE_PARAMETERS_SCHEMA,
    body: UPDATE_BODY,
    answer: UPDATE_ANSWER,
    handler: (context, request) => updateProfiles(context.updates, request, "engage"),
  },
  {
    name: "groups_update",
    family: "ingest",
    methods: ["GET", "POST"],
    paths: ["/groups"],
    aliases: [],
    summary: "Update group profiles",
    guard: "token",
    parameters: UPDATE_PARAMETERS_SCHEMA,
    body: UPDATE_BODY,
    answer: UPDATE_ANSWER,
    handler: (context, request) => updateProfiles(context.updates, request, "groups"),
  },
  {
    name: "track",
    family: "ingest",
    methods: ["GET", "POST"],
    paths: ["/track"],
    aliases: [],
    summary: "Track events as they happen",
    guard: "token",
    parameters: TRACK_PARAMETERS_SCHEMA,
    body: EVENTS_BODY,
    answer: UPDATE_ANSWER,
    handler: (context, request) => track(context.updates, request),
  },
  {
    name: "import",
    family: "ingest",
    methods: ["GET", "POST"],
    paths: ["/import"],
    aliases: [],
    summary: "Import events of any time",
    guard: "import",
    parameters: IMPORT_PARAMETERS_SCHEMA,
    body: IMPORT_BODY,
    answer: IMPORT_ANSWER,
    handler: importEvents,
    refuse: refuseImport,
  },
];
