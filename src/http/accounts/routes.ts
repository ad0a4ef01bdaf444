/**
 * The endpoints about who may: accounts, projects, workspaces.
 *
 * @module
 */
import type { Route } from "../route.ts";
import { ME_ROUTES } from "./me.ts";
import { ORGANIZATION_ROUTES } from "./organizations.ts";
import { PROJECT_ROUTES } from "./projects.ts";
import { SERVICE_ACCOUNT_ROUTES } from "./service-accounts.ts";
import { WORKSPACE_ROUTES } from "./workspaces.ts";

/** The table. */
export const ACCOUNT_ROUTES: readonly Route[] = [
  ...ME_ROUTES,
  ...PROJECT_ROUTES,
  ...WORKSPACE_ROUTES,
  ...SERVICE_ACCOUNT_ROUTES,
  ...ORGANIZATION_ROUTES,
];
