/**
 * The endpoints: one table, from which come the routes and the OpenAPI document.
 *
 * @module
 */
import type { Route } from "./route.ts";
import { APP_ROUTES } from "./routes-app.ts";
import { INGEST_ROUTES } from "./routes-ingest.ts";
import { OPERATIONS_ROUTES } from "./routes-operations.ts";
import { QUERY_ROUTES } from "./routes-query.ts";

/** The table. */
export const ROUTES: readonly Route[] = [
  ...QUERY_ROUTES,
  ...INGEST_ROUTES,
  ...APP_ROUTES,
  ...OPERATIONS_ROUTES,
];
