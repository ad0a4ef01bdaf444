/**
 * The endpoints of the App API, gathered from the modules that answer them.
 *
 * @module
 */
import { ACCOUNT_ROUTES } from "./accounts/routes.ts";
import { COHORT_MEMBER_ROUTES } from "./app/cohort-members.ts";
import { COHORT_ROUTES } from "./app/cohorts.ts";
import { DATA_GROUP_ROUTES } from "./app/data-groups.ts";
import { ERASURE_ROUTES } from "./app/erasure.ts";
import type { Route } from "./route.ts";

/** The table. */
export const APP_ROUTES: readonly Route[] = [
  ...ACCOUNT_ROUTES,
  ...COHORT_ROUTES,
  ...COHORT_MEMBER_ROUTES,
  ...DATA_GROUP_ROUTES,
  ...ERASURE_ROUTES,
];
