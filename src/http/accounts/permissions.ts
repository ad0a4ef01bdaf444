/**
 * Roles as the permissions that clients are told: names only, what is allowed is decided by the roles.
 *
 * @module
 */
import type { Role } from "../../project/project.ts";

const OF_ALL = ["view_base_reports", "edit_cohorts"];
const OF_ANALYSTS = [...OF_ALL, "export_data"];
const OF_ADMINS = [
  ...OF_ANALYSTS,
  "edit_profiles",
  "edit_project_info",
  "edit_workspaces",
  "view_keys",
  "manage_service_accounts",
];

/** What each role may, by name. */
export const PERMISSIONS: Readonly<Record<Role, readonly string[]>> = {
  owner: [...OF_ADMINS, "delete_project"],
  admin: OF_ADMINS,
  analyst: OF_ANALYSTS,
  consumer: OF_ALL,
};

/** What an API secret may: all that an admin may, but manage. */
export const SECRET_PERMISSIONS: readonly string[] = [...OF_ANALYSTS, "edit_profiles"];
